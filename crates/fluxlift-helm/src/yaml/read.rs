//! Reading YAML into JSON values.

use serde_json::Value;
use thiserror::Error;

/// Text that is not YAML. The message gives line and column, never the text around them.
#[derive(Debug, Error)]
#[error("not valid YAML: {message}")]
pub struct YamlError {
    message: String,
}

/// Reads one document; an empty one is `null`. Of a key given twice the last one counts, as in Helm.
///
/// # Errors
/// When `text` is not YAML, or holds more than one document.
pub fn from_yaml(text: &str) -> Result<Value, YamlError> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        legacy_octal_numbers: true,
        with_snippet: false,
    };
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#') || line == "---") {
        return Ok(Value::Null);
    }
    serde_saphyr::from_str_with_options(text, options).map_err(|e| YamlError { message: e.to_string() })
}
