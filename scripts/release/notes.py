"""Print the newest entry of the changelog: the notes of the release."""

from scripts.release.__main__ import ROOT
from scripts.release.sources import newest_entry

if __name__ == "__main__":
    print(newest_entry(ROOT)[1])
