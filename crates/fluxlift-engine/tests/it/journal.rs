//! The file of the journal: torn, changed, from the future.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use fluxlift_core::{Explain, Timestamp};
use fluxlift_engine::Home;
use fluxlift_engine::journal::{History, Journal, JournalError, NoObserver, Record, RunId};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::fake::unit;

/// A journal with `n` records.
fn journal(n: usize) -> (TempDir, PathBuf, Vec<u8>) {
    let home = tempfile::tempdir().unwrap();
    let path = Home::at(home.path()).journal(RunId(1));
    let mut journal = Journal::create(&path, Arc::new(NoObserver)).unwrap();
    for name in 0..n {
        let record = Record::UnitStarted { unit: unit(&format!("unit-{name}")), input_hash: None };
        journal.append(Timestamp::UNIX_EPOCH, record).unwrap();
    }
    let bytes = fs::read(&path).unwrap();
    (home, path, bytes)
}

#[test]
fn a_line_is_json_with_a_number_a_time_and_a_checksum() {
    let (_home, _path, bytes) = journal(1);
    let line: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    insta::assert_json_snapshot!(line, @r#"
    {
      "entry": {
        "at": "1970-01-01T00:00:00Z",
        "input_hash": null,
        "record": "unit-started",
        "seq": 1,
        "unit": "unit-0",
        "v": 1
      },
      "sum": "2ca066fc9beb334e9751992d5ef44ac5d45dace0363f256547a56fc247baa05e"
    }
    "#);
}

#[test]
fn a_journal_goes_on_where_it_was_torn() {
    let (_home, path, bytes) = journal(3);
    fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    let mut journal = Journal::reopen(&path, Arc::new(NoObserver)).unwrap();
    assert_eq!(journal.entries().len(), 2);
    journal.append(Timestamp::UNIX_EPOCH, Record::RunInterrupted).unwrap();
    drop(journal);
    let journal = Journal::reopen(&path, Arc::new(NoObserver)).unwrap();
    assert_eq!(journal.entries().len(), 3);
    assert_eq!(journal.entries()[2].record, Record::RunInterrupted);
}

#[test]
fn a_line_that_was_taken_out_is_named() {
    let (home, path, bytes) = journal(3);
    let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
    fs::write(&path, [lines[0], lines[2]].concat()).unwrap();
    let error = History::read(&Home::at(home.path()), RunId(1)).unwrap_err();
    assert!(matches!(&error, JournalError::Broken { line: 2, .. }), "{error}");
    assert!(error.to_string().contains("00000001.jsonl:2: the checksum"), "{error}");
    assert!(!error.hints().is_empty());
}

#[test]
fn a_journal_is_never_begun_twice() {
    let (_home, path, _) = journal(1);
    assert!(matches!(Journal::create(&path, Arc::new(NoObserver)), Err(JournalError::Io { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_cut_off_the_rest_is_a_sound_journal(n in 1..6usize, cut in 0..2000usize) {
        let (home, path, bytes) = journal(n);
        let kept = bytes.len().saturating_sub(cut);
        fs::write(&path, &bytes[..kept]).unwrap();
        let whole = bytes[..kept].iter().filter(|b| **b == b'\n').count();
        let entries = History::read(&Home::at(home.path()), RunId(1)).unwrap().map_or(0, |h| h.entries.len());
        prop_assert_eq!(entries, whole);
    }

    #[test]
    fn no_changed_byte_goes_unnoticed(n in 1..6usize, at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let (home, path, mut bytes) = journal(n);
        let at = at.index(bytes.len() - 1);
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        fs::write(&path, &bytes).unwrap();
        let read = History::read(&Home::at(home.path()), RunId(1));
        prop_assert!(matches!(read, Err(JournalError::Broken { .. })), "{:?}", read);
    }
}
