//! The kubeconfig in its archive.

use std::io::Read;

use flate2::read::GzDecoder;
use fluxlift_core::Secret;
use thiserror::Error;

/// The name of the file in the archive.
const NAME: &str = "kubeconfig";

/// The most that a kubeconfig may hold.
const LIMIT: u64 = 1 << 20;

/// An archive without a usable kubeconfig.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KubeconfigError {
    /// It ends before the file is whole.
    #[error("the archive ends before the file is whole")]
    Truncated,
    /// It is not a compressed archive.
    #[error("it is not a compressed archive")]
    NotAnArchive,
    /// The file is too large, or not text.
    #[error("the file is not a kubeconfig")]
    NotText,
}

/// Takes the file `kubeconfig` out of the beginning of an archive.
///
/// Talos never ends its archive, so the first match is taken and what may follow is not looked at.
///
/// # Errors
/// When the file is not whole yet, or the bytes are no archive.
pub fn first_file(archive: &[u8]) -> Result<Secret<String>, KubeconfigError> {
    let mut archive = tar::Archive::new(GzDecoder::new(archive));
    let entries = archive.entries().map_err(|_| KubeconfigError::NotAnArchive)?;
    for entry in entries {
        let entry = entry.map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => KubeconfigError::Truncated,
            _ => KubeconfigError::NotAnArchive,
        })?;
        if entry.path().is_ok_and(|path| path.ends_with(NAME)) {
            let size = entry.size();
            let mut text = String::new();
            let read = entry.take(LIMIT + 1).read_to_string(&mut text);
            return match read {
                Ok(read) if read as u64 > LIMIT => Err(KubeconfigError::NotText),
                Ok(read) if read as u64 == size => Ok(Secret::new(text)),
                Err(e) if e.kind() == std::io::ErrorKind::InvalidData => Err(KubeconfigError::NotText),
                Ok(_) | Err(_) => Err(KubeconfigError::Truncated),
            };
        }
    }
    Err(KubeconfigError::Truncated)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// What Talos sends: a header and the file, and no end.
    fn archive(text: &str) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_path(NAME).unwrap();
        header.set_size(text.len() as u64);
        header.set_mode(0o600);
        header.set_cksum();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(header.as_bytes()).unwrap();
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn an_archive_without_an_end_gives_its_file() {
        assert_eq!(first_file(&archive("kind: Config\n")).unwrap().expose(), "kind: Config\n");
    }

    #[test]
    fn half_an_archive_is_truncated_and_noise_is_none() {
        let whole = archive(&"x".repeat(4000));
        assert_eq!(first_file(&whole[..whole.len() / 2]).unwrap_err(), KubeconfigError::Truncated);
        assert_eq!(first_file(b"hello, this is not gzip").unwrap_err(), KubeconfigError::NotAnArchive);
    }
}
