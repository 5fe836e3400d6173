//! Fetching from registries and repositories that live in memory.

use bytes::Bytes;
use fluxlift_core::Explain;
use fluxlift_helm::fetch::{ChartSource, Digest, FetchError, fetch};
use fluxlift_sim::registry::{CHART_VERSIONS, Challenge, REPOSITORY, Registry};
use http::{Response, StatusCode};

use crate::memory::Servers;

const PLACE: &str = "oci://127.101.0.3:5000/charts/flux-operator";

fn source(version: Option<&str>) -> ChartSource {
    ChartSource::parse(PLACE, version, None).unwrap()
}

fn serving(mut registry: Registry) -> Servers {
    Servers::default().serve("127.101.0.3:5000", move |request| registry.handle(request))
}

#[tokio::test(start_paused = true)]
async fn a_chart_is_pulled_by_its_exact_version() {
    let servers = serving(Registry::with_reference_charts());
    for version in CHART_VERSIONS {
        let fetched = fetch(&source(Some(version)), &servers.client()).await.unwrap();
        assert_eq!(fetched.chart.version(), version);
        assert_eq!(fetched.chart.metadata.app_version, format!("v{version}"));
        let expected = Registry::with_reference_charts().digest_of(REPOSITORY, version).map(str::to_owned);
        assert_eq!(fetched.digest.map(|d| d.to_string()), expected);
    }
    assert!(servers.log().iter().all(|line| !line.contains("tags/list")), "{:?}", servers.log());
}

#[tokio::test(start_paused = true)]
async fn a_constraint_takes_the_newest_version_that_fits() {
    let servers = serving(Registry::with_reference_charts());
    for (constraint, expected) in [("0.58.x", "0.58.1"), ("<0.58", "0.14.0"), ("~0.58.0 !=0.58.1", "0.58.0")] {
        let fetched = fetch(&source(Some(constraint)), &servers.client()).await.unwrap();
        assert_eq!(fetched.chart.version(), expected, "{constraint}");
    }
    let newest = fetch(&source(None), &servers.client()).await.unwrap();
    assert_eq!(newest.chart.version(), "0.58.1");
}

#[tokio::test(start_paused = true)]
async fn tags_are_read_page_by_page() {
    let mut registry = Registry::with_reference_charts();
    let servers = Servers::default().serve("127.101.0.3:5000", move |request| {
        let mut request = request.clone();
        let paged = request.uri().to_string().replace("tags/list", "tags/list?n=1").replace("?n=1?n=1", "?n=1");
        *request.uri_mut() = paged.parse().unwrap();
        registry.handle(&request)
    });
    assert_eq!(fetch(&source(Some("0.x")), &servers.client()).await.unwrap().chart.version(), "0.58.1");
    assert_eq!(servers.log().iter().filter(|line| line.contains("tags/list")).count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_not_there_names_those_that_are() {
    let servers = serving(Registry::with_reference_charts());
    let error = fetch(&source(Some("9.x")), &servers.client()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "oci://127.101.0.3:5000/charts/flux-operator has no version 9.x; the newest there are: 0.58.1, 0.58.0, 0.14.0"
    );
    let error = fetch(&source(Some("9.9.9")), &servers.client()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the manifest of oci://127.101.0.3:5000/charts/flux-operator:9.9.9 could not be fetched: \
         http://127.101.0.3:5000/v2/charts/flux-operator/manifests/9.9.9 answered 404, 9.9.9 is not known here"
    );
    assert_eq!(error.hints().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pinned_digest_is_fetched_by_that_digest_and_must_hold_the_version() {
    let registry = Registry::with_reference_charts();
    let digest = registry.digest_of(REPOSITORY, "0.58.0").unwrap().to_owned();
    let servers = serving(registry);
    let pinned = |version| ChartSource::parse(PLACE, version, Some(&digest)).unwrap();
    let fetched = fetch(&pinned(Some("0.58.0")), &servers.client()).await.unwrap();
    assert_eq!(fetched.chart.version(), "0.58.0");
    let error = fetch(&pinned(Some("0.58.1")), &servers.client()).await.unwrap_err();
    assert!(matches!(error, FetchError::OtherChart { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_chart_that_is_not_what_its_digest_says_is_refused_with_both_digests() {
    let mut registry = Registry::with_reference_charts();
    let expected = registry.archive_digest(REPOSITORY, "0.58.1").unwrap();
    assert!(registry.corrupt_blob(REPOSITORY, &expected, b"something else"));
    let error = fetch(&source(Some("0.58.1")), &serving(registry).client()).await.unwrap_err();
    let found = Digest::of(b"something else");
    assert_eq!(
        error.to_string(),
        format!(
            "the chart oci://127.101.0.3:5000/charts/flux-operator:0.58.1 is not what was asked for: expected {expected}, found {found}"
        )
    );
    assert!(matches!(error, FetchError::DigestMismatch { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_pinned_digest_that_is_not_there_is_told_with_what_the_version_is_now() {
    let registry = Registry::with_reference_charts();
    let now = registry.digest_of(REPOSITORY, "0.58.1").unwrap().to_owned();
    let pin = Digest::of(b"the chart of last week").to_string();
    let servers = serving(registry);
    for version in ["0.58.1", "0.58.x"] {
        let source = ChartSource::parse(PLACE, Some(version), Some(&pin)).unwrap();
        let error = fetch(&source, &servers.client()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{PLACE} has no chart with the pinned digest {pin}: its {version} is {now}")
        );
        assert!(error.hints()[0].to_string().ends_with(&format!("pin {now}")));
    }
    let unversioned = ChartSource::parse(PLACE, None, Some(&pin)).unwrap();
    let error = fetch(&unversioned, &servers.client()).await.unwrap_err();
    assert!(matches!(error, FetchError::Status { status: 404, .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_manifest_that_is_not_what_was_pinned_is_refused() {
    let mut registry = Registry::with_reference_charts();
    let pin = registry.digest_of(REPOSITORY, "0.58.0").unwrap().to_owned();
    let lying = Servers::default().serve("127.101.0.3:5000", move |request| {
        let mut request = request.clone();
        let path = request.uri().path().rsplit_once('/').unwrap().0.to_owned();
        *request.uri_mut() = format!("{path}/0.58.1").parse().unwrap();
        registry.handle(&request)
    });
    let source = ChartSource::parse(PLACE, None, Some(&pin)).unwrap();
    let error = fetch(&source, &lying.client()).await.unwrap_err();
    assert!(matches!(error, FetchError::DigestMismatch { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_wants_a_token_gets_one_and_only_it_sees_it() {
    let mut registry = Registry::with_reference_charts();
    registry.require_token(Challenge {
        realm: "http://127.101.0.3:5000/token".to_owned(),
        service: "sim".to_owned(),
        token: "t0ken".to_owned(),
    });
    let servers = serving(registry);
    let fetched = fetch(&source(Some("0.58.1")), &servers.client()).await.unwrap();
    assert_eq!(fetched.chart.version(), "0.58.1");
    let log = servers.log();
    let paths: Vec<_> = log.iter().map(|line| line.split("/blobs/").next().unwrap()).collect();
    assert_eq!(
        paths,
        [
            "GET 127.101.0.3:5000/v2/charts/flux-operator/manifests/0.58.1",
            "GET 127.101.0.3:5000/token?service=sim&scope=repository%3Acharts%2Fflux-operator%3Apull",
            "GET 127.101.0.3:5000/v2/charts/flux-operator/manifests/0.58.1 with a token",
            "GET 127.101.0.3:5000/v2/charts/flux-operator",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_redirect_of_a_blob_is_followed_without_the_token() {
    let mut registry = Registry::with_reference_charts();
    let mut storage = registry.clone();
    registry.require_token(Challenge {
        realm: "http://127.101.0.3:5000/token".to_owned(),
        service: "sim".to_owned(),
        token: "t0ken".to_owned(),
    });
    let servers = Servers::default()
        .serve("127.101.0.3:5000", move |request| {
            let answer = registry.handle(request);
            if answer.status() == StatusCode::OK && request.uri().path().contains("/blobs/") {
                let location = format!("http://127.101.0.9:80{}?signature=s3cret", request.uri().path());
                return Response::builder().status(307).header("location", location).body(Bytes::new()).unwrap();
            }
            answer
        })
        .serve("127.101.0.9:80", move |request| storage.handle(request));
    let fetched = fetch(&source(Some("0.58.1")), &servers.client()).await.unwrap();
    assert_eq!(fetched.chart.version(), "0.58.1");
    let last = servers.log().pop().unwrap();
    assert!(last.starts_with("GET 127.101.0.9:80/v2/") && last.ends_with("?signature=s3cret"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_only_knows_passwords_is_named() {
    let servers = Servers::default().serve("127.101.0.3:5000", |_| {
        Response::builder().status(401).header("www-authenticate", "Basic realm=\"x\"").body(Bytes::new()).unwrap()
    });
    let error = fetch(&source(Some("1.0.0")), &servers.client()).await.unwrap_err();
    assert!(error.to_string().ends_with("answered 401"), "{error}");
    assert!(error.hints()[0].to_string().contains("public"));
}

#[tokio::test(start_paused = true)]
async fn a_chart_comes_from_an_http_repository_by_its_index() {
    let mut registry = Registry::with_reference_charts();
    let digest = registry.archive_digest(REPOSITORY, "0.58.1").unwrap();
    let path = format!("/v2/{REPOSITORY}/blobs/{digest}");
    let archive = registry.handle(&http::Request::get(path).body(Bytes::new()).unwrap()).into_body();
    let index = format!(
        "apiVersion: v1\nentries:\n  flux-operator:\n  - version: 0.58.1\n    digest: {}\n    urls: [packed/flux-operator-0.58.1.tgz]\n  - version: 0.60.0-rc.1\n    urls: [nowhere.tgz]\n",
        digest.trim_start_matches("sha256:")
    );
    let servers = Servers::default().serve("127.101.0.5:8080", move |request| match request.uri().path() {
        "/stable/index.yaml" => Response::new(Bytes::from(index.clone())),
        "/stable/packed/flux-operator-0.58.1.tgz" => Response::new(archive.clone()),
        _ => Response::builder().status(404).body(Bytes::new()).unwrap(),
    });
    let source = ChartSource::in_repository("http://127.101.0.5:8080/stable", "flux-operator", None, None).unwrap();
    let fetched = fetch(&source, &servers.client()).await.unwrap();
    assert_eq!((fetched.chart.version(), fetched.digest.unwrap().to_string()), ("0.58.1", digest));
}
