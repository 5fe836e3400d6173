//! Archives that mean harm, and archives that are merely wrong.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use fluxlift_helm::chart::{ArchiveLimits, Chart, ChartError};

const CHART: &str = "apiVersion: v2\nname: x\nversion: 1.0.0\n";

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (path, content) in files {
        // Written by hand: the tar crate refuses to write the paths that matter here.
        let mut header = tar::Header::new_old();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.extend_from_slice(header.as_bytes());
        tar.extend_from_slice(content);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&tar).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn files_are_sorted_by_what_they_are_for() {
    let bytes = archive(&[
        ("x/Chart.yaml", CHART.as_bytes()),
        ("x/values.yaml", b"a: 1\n"),
        ("x/templates/_helpers.tpl", b""),
        ("x/templates/a.yaml", b""),
        ("x/crds/b.yaml", b""),
        ("x/README.md", b"hello"),
    ]);
    let chart = Chart::from_archive(&bytes).unwrap();
    let names = |files: &[fluxlift_helm::chart::ChartFile]| files.iter().map(|f| f.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&chart.templates), ["templates/_helpers.tpl", "templates/a.yaml"]);
    assert_eq!(names(&chart.files), ["README.md", "crds/b.yaml"]);
    assert_eq!(chart.definitions().count(), 1);
    assert_eq!(chart.values, serde_json::json!({"a": 1}));
}

#[test]
fn an_entry_that_points_outside_is_refused() {
    for path in ["x/../../etc/passwd", "/etc/passwd", "x\\..\\y"] {
        let error = Chart::from_archive(&archive(&[("x/Chart.yaml", CHART.as_bytes()), (path, b"")])).unwrap_err();
        assert!(matches!(error, ChartError::Escape { .. }), "{path}: {error}");
    }
}

#[test]
fn an_archive_that_unpacks_to_too_much_is_refused_before_it_does() {
    let limits = ArchiveLimits { total: 3 << 20, file: 2 << 20, entries: 3 };
    let read = |files: &[(&str, &[u8])]| Chart::from_archive_within(&archive(files), limits).unwrap_err().to_string();
    let big = vec![0; 2 << 20];
    assert_eq!(read(&[("x/a", &vec![0; (2 << 20) + 1])]), "the archive holds more than 2 MiB in one file");
    assert_eq!(read(&[("x/a", &big), ("x/b", &big)]), "the archive holds more than 3 MiB unpacked");
    assert_eq!(
        read(&[("x/a", b""), ("x/b", b""), ("x/c", b""), ("x/d", b"")]),
        "the archive holds more than 3 entries"
    );
}

#[test]
fn a_broken_or_empty_archive_is_no_chart() {
    assert!(matches!(Chart::from_archive(b"not gzip").unwrap_err(), ChartError::Read { .. }));
    assert!(matches!(Chart::from_archive(&archive(&[("x/a", b"")])).unwrap_err(), ChartError::NotAChart { .. }));
    let nested = archive(&[("x/Chart.yaml", CHART.as_bytes()), ("x/charts/redis/Chart.yaml", b"")]);
    let error = Chart::from_archive(&nested).unwrap_err();
    assert_eq!(error.to_string(), "the chart needs sub-charts (redis), which fluxlift does not support yet");
}
