//! The file of tokens, beside the file of states: `tokens.json`.
//!
//! It holds what each token grants, and the SHA-256 of the token, never the token itself: a token has 256 random bits, so
//! nothing is gained by hashing it more slowly. Commands write the file, as a whole, by renaming; a running service looks
//! every second whether it has changed.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Scope;
use crate::refusal::{Kind, Refusal, Result};
use crate::store::now;

/// The name of the file in the data directory.
pub const FILE: &str = "tokens.json";
/// How often a running service looks for changes.
const LOOK: Duration = Duration::from_secs(1);
/// How tokens begin, so that tools that look for leaked secrets know them.
const PREFIX: &str = "colstats_";
/// Random bytes of a token.
const BYTES: usize = 32;

/// What a token grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// A name for people.
    pub name: String,
    /// What may be done.
    pub scopes: Vec<Scope>,
    /// With which datasets; all if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datasets: Option<Vec<String>>,
    /// When it was created, in milliseconds since 1970.
    pub created: u64,
    /// The SHA-256 of the token, in hexadecimal digits.
    sha256: String,
}

impl Grant {
    /// Whether it allows something with a dataset, or without one with the whole node.
    pub fn allows(&self, scope: Scope, dataset: Option<&str>) -> bool {
        let is_named =
            |names: &Vec<String>| names.iter().any(|name| Some(name.as_str()) == dataset);
        self.scopes.contains(&scope) && self.datasets.as_ref().is_none_or(is_named)
    }
}

/// The tokens of a data directory.
#[derive(Debug)]
pub struct Tokens {
    path: PathBuf,
    read: Mutex<Read>,
}

/// The file as it was read.
#[derive(Debug)]
struct Read {
    looked: Instant,
    /// When it was changed, and its bytes; none if there was no file.
    stamp: Option<(SystemTime, u64)>,
    /// None without a file.
    grants: Option<Vec<Grant>>,
}

impl Tokens {
    /// Reads the file of a directory, if there is one.
    pub fn open(directory: &Path) -> Result<Self> {
        let path = directory.join(FILE);
        let read = Read { looked: Instant::now(), stamp: stamp(&path), grants: load(&path)? };
        Ok(Self { path, read: Mutex::new(read) })
    }

    /// Whether calls must show one: as soon as there has been one. To revoke the last one lets nobody in, not everybody.
    pub fn are_in_use(&self) -> Result<bool> {
        self.with(|grants| grants.is_some())
    }

    /// What a token grants, if it is known. All are compared, each in constant time.
    pub fn grant(&self, token: &[u8]) -> Result<Option<Grant>> {
        let digest = digest(token);
        self.with(|grants| {
            let mut found = None;
            for grant in grants.unwrap_or_default() {
                if bool::from(grant.sha256.as_bytes().ct_eq(digest.as_bytes())) {
                    found = Some(grant.clone());
                }
            }
            found
        })
    }

    fn with<T>(&self, of: impl FnOnce(Option<&[Grant]>) -> T) -> Result<T> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.looked.elapsed() >= LOOK {
            read.looked = Instant::now();
            let stamp = stamp(&self.path);
            if stamp != read.stamp {
                // A file that cannot be read lets nobody in.
                read.grants = Some(vec![]);
                read.grants = load(&self.path)?;
                read.stamp = stamp;
            }
        }
        Ok(of(read.grants.as_deref()))
    }
}

/// Makes a token and remembers what it grants. The token is returned, and known to nobody else.
pub fn create(
    directory: &Path,
    name: &str,
    scopes: Vec<Scope>,
    datasets: Option<Vec<String>>,
) -> Result<String> {
    let path = directory.join(FILE);
    let mut grants = load(&path)?.unwrap_or_default();
    if grants.iter().any(|grant| grant.name == name) {
        return Err(Refusal::new(
            Kind::Exists,
            format!("there is a token {name:?} already: revoke it first, or choose another name"),
        ));
    }
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Refusal::internal(format!("the system has no random bytes: {error}")))?;
    let token = format!("{PREFIX}{}", hex(&bytes));
    let (sha256, created) = (digest(token.as_bytes()), now());
    grants.push(Grant { name: name.into(), scopes, datasets, created, sha256 });
    save(&path, &grants)?;
    Ok(token)
}

/// What the tokens of a directory grant.
pub fn list(directory: &Path) -> Result<Vec<Grant>> {
    Ok(load(&directory.join(FILE))?.unwrap_or_default())
}

/// Forgets a token.
pub fn revoke(directory: &Path, name: &str) -> Result<()> {
    let path = directory.join(FILE);
    let mut grants = load(&path)?.unwrap_or_default();
    let before = grants.len();
    grants.retain(|grant| grant.name != name);
    match grants.len() < before {
        true => save(&path, &grants),
        false => Err(Refusal::new(Kind::Missing, format!("there is no token {name:?}"))),
    }
}

fn digest(token: &[u8]) -> String {
    hex(&Sha256::digest(token))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // never fails
        text
    })
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn load(path: &Path) -> Result<Option<Vec<Grant>>> {
    let fault = |error: &dyn std::fmt::Display| {
        Refusal::new(Kind::Damaged, format!("cannot read {}: {error}", path.display()))
    };
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| fault(&error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fault(&error)),
    }
}

/// Writes the file so that it is the old one or the new one, whenever the machine stops. Only its owner may read it.
fn save(path: &Path, grants: &[Grant]) -> Result<()> {
    let write = || {
        use std::io::Write;
        let directory = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory)?;
        let other = path.with_extension("json.new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&other)?;
        file.write_all(&serde_json::to_vec_pretty(grants)?)?;
        file.sync_all()?;
        std::fs::rename(&other, path)?;
        #[cfg(unix)]
        std::fs::File::open(directory)?.sync_all()?;
        std::io::Result::Ok(())
    };
    write().map_err(|error| {
        Refusal::new(Kind::Damaged, format!("cannot write {}: {error}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        directory
    }

    #[test]
    fn a_token_grants_until_it_is_revoked() {
        let directory = directory("colstats-tokens");
        let tokens = || Tokens::open(&directory).expect("the file is there or not");
        assert_eq!(tokens().are_in_use(), Ok(false));
        let only = Some(vec!["readings".to_string()]);
        let token =
            create(&directory, "sensor", vec![Scope::Write], only.clone()).expect("a new one");
        let grant = tokens().grant(token.as_bytes()).expect("readable").expect("known");
        assert_eq!((grant.scopes, grant.datasets), (vec![Scope::Write], only));
        let mut other = token.clone().into_bytes();
        *other.last_mut().expect("not empty") ^= 1;
        assert_eq!(tokens().grant(&other), Ok(None));
        let file = std::fs::read_to_string(directory.join(FILE)).expect("written");
        assert!(!file.contains(&token[PREFIX.len()..]), "the token itself is in the file");
        let kind = |refused: Refusal| refused.kind;
        let again = create(&directory, "sensor", vec![Scope::Read], None);
        assert_eq!(again.map_err(kind), Err(Kind::Exists));
        assert_eq!(revoke(&directory, "sensor"), Ok(()));
        assert_eq!(revoke(&directory, "sensor").map_err(kind), Err(Kind::Missing));
        assert_eq!(tokens().grant(token.as_bytes()), Ok(None));
        assert_eq!(tokens().are_in_use(), Ok(true), "to revoke the last token has opened the door");
        std::fs::remove_dir_all(&directory).expect("made by this test");
    }

    #[test]
    fn a_damaged_file_lets_nobody_in() {
        let directory = directory("colstats-damaged-tokens");
        std::fs::create_dir_all(&directory).expect("a directory");
        std::fs::write(directory.join(FILE), "[{}]").expect("a file");
        assert_eq!(
            Tokens::open(&directory).map_err(|refused| refused.kind).err(),
            Some(Kind::Damaged)
        );
        std::fs::remove_dir_all(&directory).expect("made by this test");
    }
}
