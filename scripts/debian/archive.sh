# Sourced: gets packages of another suite of Debian than the one installed. apt checks their signatures, with lists and
# settings of its own, so that those of the system stay unchanged. It needs no root, and a Debian with package lists
# (apt-get update).
#
#     archive=DIRECTORY           # for lists and packages
#     open_archive SUITE          # MIRROR is that of the system, unless set
#     (cd SOMEWHERE && private_apt source --download-only PACKAGE)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' | head -n 1
}

private_apt() {
    apt-get -qq -o Dir::Etc::SourceList="$archive/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$archive/lists" -o Dir::Cache="$archive/cache" -o APT::Sandbox::User="$(id -un)" "$@"
}

open_archive() {
    local from=${MIRROR:-$(mirror)}
    [ -n "$from" ] || { echo "no Debian mirror found: run apt-get update, or set MIRROR" >&2; exit 1; }
    mkdir -p "$archive/lists/partial" "$archive/cache/archives/partial"
    printf '%s [signed-by='"$keyring"'] '"$from $1"' main\n' deb deb-src >"$archive/sources.list"
    private_apt update
}
