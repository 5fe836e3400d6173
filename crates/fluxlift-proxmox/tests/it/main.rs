//! The client against prepared answers: what it sends, and what it makes of what it gets.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod peer;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fluxlift_core::clock::FixedClock;
use fluxlift_core::{Deadline, Explain, Secret, Timestamp};
use fluxlift_gate::GateContext;
use fluxlift_proxmox::{Credentials, Exit, Proxmox, ProxmoxError, TaskGate, Trust, Upid};
use peer::{Peer, answer, data};
use serde_json::json;

const UPID: &str = "UPID:pve01:0001A2B3:0C3D4E5F:6720AB01:qmstart:101011:root@pam!fluxlift:";

fn by_token(peer: &Peer) -> Proxmox {
    client(peer, Credentials::from_token("root@pam!fluxlift=0000-secret").unwrap())
}

fn by_password(peer: &Peer) -> Proxmox {
    client(peer, Credentials::from_password("root", Secret::new("pass word".to_owned())))
}

fn client(peer: &Peer, credentials: Credentials) -> Proxmox {
    let clock = Arc::new(FixedClock(Timestamp::UNIX_EPOCH));
    Proxmox::new("http://10.0.0.2:8006/", credentials, &Trust::Anyone, Arc::new(peer.clone()), clock).unwrap()
}

fn context() -> GateContext {
    GateContext::quiet(Arc::new(FixedClock(Timestamp::UNIX_EPOCH)))
}

#[tokio::test]
async fn a_token_is_shown_with_every_call_and_needs_no_csrf() {
    let peer = Peer::new(|_| data(json!({ "version": "9.0.3", "release": "9.0" })));
    assert_eq!(by_token(&peer).version().await.unwrap().release, "9.0");
    let seen = &peer.seen()[0];
    assert_eq!(seen.line, "GET /api2/json/version");
    assert_eq!(seen.header("authorization"), "PVEAPIToken=root@pam!fluxlift=0000-secret");
    assert_eq!(seen.header("csrfpreventiontoken"), "");
}

#[tokio::test]
async fn a_password_becomes_a_ticket_that_is_kept_and_its_csrf_token_goes_with_writes() {
    let peer = Peer::new(|seen| match seen.line.as_str() {
        "POST /api2/json/access/ticket" => data(json!({ "ticket": "PVE:root@pam:1", "CSRFPreventionToken": "csrf:1" })),
        "GET /api2/json/nodes" => data(json!([])),
        _ => data(json!(UPID)),
    });
    let proxmox = by_password(&peer);
    assert_eq!(proxmox.hosts().await.unwrap(), []);
    proxmox.start_vm("pve01", 101_011).await.unwrap();
    assert_eq!(
        peer.lines(),
        [
            "POST /api2/json/access/ticket",
            "GET /api2/json/nodes",
            "POST /api2/json/nodes/pve01/qemu/101011/status/start"
        ]
    );
    let seen = peer.seen();
    assert_eq!(seen[0].body, "username=root%40pam&password=pass+word");
    assert_eq!(seen[1].header("cookie"), "PVEAuthCookie=PVE:root@pam:1");
    assert_eq!(seen[1].header("csrfpreventiontoken"), "");
    assert_eq!(seen[2].header("csrfpreventiontoken"), "csrf:1");
}

#[tokio::test]
async fn an_expired_ticket_is_replaced_once_and_then_explained() {
    let logins = AtomicUsize::new(0);
    let peer = Peer::new(move |seen| match seen.line.as_str() {
        "POST /api2/json/access/ticket" => {
            let n = logins.fetch_add(1, Ordering::SeqCst);
            data(json!({ "ticket": format!("ticket{n}"), "CSRFPreventionToken": "c" }))
        }
        "GET /api2/json/nodes" if seen.header("cookie").ends_with('1') => data(json!([])),
        _ => answer(401, r#"{"data":null,"message":"permission denied - invalid PVE ticket"}"#),
    });
    let proxmox = by_password(&peer);
    assert_eq!(proxmox.hosts().await.unwrap(), []);
    let error = proxmox.version().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Proxmox refused the ticket of root@pam for GET /version: permission denied - invalid PVE ticket"
    );
    assert!(error.hints()[0].to_string().contains("clocks"));
}

#[tokio::test]
async fn refusals_are_told_apart_and_none_shows_the_secret() {
    let cases = [
        (401, r#"{"data":null,"message":"no such token 'fluxlift' for user 'root@pam'"}"#),
        (403, r#"{"data":null,"message":"Permission check failed (/vms/101011, VM.Allocate)"}"#),
        (
            400,
            r#"{"data":null,"message":"Parameter verification failed.","errors":{"memory":"value must be at least 16"}}"#,
        ),
        (500, r#"{"data":null,"message":"unable to create VM 101011 - VM 101011 already exists on node 'pve02'"}"#),
        (599, r#"{"data":null,"message":"Too many redirections"}"#),
    ];
    let mut lines = Vec::new();
    for (status, body) in cases {
        let peer = Peer::new(move |_| answer(status, body));
        let error = by_token(&peer).start_vm("pve01", 101_011).await.unwrap_err();
        lines.push(format!("{error}\n  duplicate={} transient={}", error.is_duplicate(), error.is_transient()));
        lines.extend(error.hints().iter().map(|hint| format!("  hint: {hint}")));
    }
    let text = lines.join("\n");
    assert!(!text.contains("0000-secret"));
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn nobody_at_the_address_is_unreachable_with_its_cause() {
    struct Nobody;
    impl fluxlift_net::Dial for Nobody {
        fn dial(
            &self,
            _: &fluxlift_net::Authority,
        ) -> futures::future::BoxFuture<'static, std::io::Result<fluxlift_net::Connection>> {
            Box::pin(async { Err(std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "connection refused")) })
        }
    }
    let clock = Arc::new(FixedClock(Timestamp::UNIX_EPOCH));
    let token = Credentials::from_token("root@pam!fluxlift=x").unwrap();
    let proxmox = Proxmox::new("https://pve01:8006", token, &Trust::Anyone, Arc::new(Nobody), clock).unwrap();
    let error = proxmox.version().await.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(error.to_string(), "Proxmox did not answer GET /version");
    assert!(error.hints()[0].to_string().contains("pve01:8006"));
}

#[tokio::test]
async fn an_endpoint_that_is_no_address_is_refused_without_its_password() {
    let clock = Arc::new(FixedClock(Timestamp::UNIX_EPOCH));
    let token = Credentials::from_token("root@pam!fluxlift=x").unwrap();
    let peer = Arc::new(Peer::new(|_| data(json!(null))));
    let error = Proxmox::new("https://root:hunter2@pve01:8006", token, &Trust::Anyone, peer, clock).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_task_is_followed_through_its_unlisted_moment_to_its_end() {
    let asked = AtomicUsize::new(0);
    let peer = Peer::new(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => {
            answer(400, r#"{"data":null,"message":"Parameter verification failed.","errors":{"upid":"no such task"}}"#)
        }
        1 => data(json!({ "status": "running" })),
        _ => data(json!({ "status": "stopped", "exitstatus": "VM 101011 already running" })),
    });
    let proxmox = by_token(&peer);
    let upid: Upid = UPID.parse().unwrap();
    let cx = context();
    let start = TaskGate::new("start vm 101011", upid.clone()).or_already(&["already running"]);
    let exit = proxmox.finish(&cx, &start, Deadline::minutes(2)).await.unwrap();
    assert_eq!(exit, Exit::Failed("VM 101011 already running".to_owned()));
    assert!(cx.ledger.proofs()[0].verdict.is_proven());
    let strict = TaskGate::new("start vm 101011", upid);
    let error = proxmox.finish(&cx, &strict, Deadline::minutes(2)).await.unwrap_err();
    assert!(matches!(error, ProxmoxError::Task(_)));
    assert!(error.to_string().contains("already running"), "{error}");
    assert_eq!(peer.lines()[0], format!("GET /api2/json/nodes/pve01/tasks/{UPID}/status"));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_failed_is_told_with_the_last_lines_of_its_log() {
    let log =
        ["importing", "kvm: cannot set up guest memory", "kvm: no space", "qemu died", "TASK ERROR: start failed"];
    for (readable, end) in
        [(true, "; its log ends: kvm: cannot set up guest memory | kvm: no space | qemu died"), (false, "")]
    {
        let peer = Peer::new(move |seen| match seen.line.contains("/log?") {
            false => data(json!({ "status": "stopped", "exitstatus": "start failed" })),
            true if readable => {
                data(log.iter().enumerate().map(|(n, line)| json!({ "n": n + 1, "t": line })).collect())
            }
            true => answer(403, r#"{"data":null,"message":"Permission check failed"}"#),
        });
        let gate = TaskGate::new("start vm 101011", UPID.parse().unwrap());
        let error = by_token(&peer).finish(&context(), &gate, Deadline::minutes(2)).await.unwrap_err();
        assert!(error.to_string().contains(&format!("qmstart ended with: start failed{end}")), "{error}");
        assert!(error.hints()[0].to_string().contains(&format!("pvenode task log {UPID}")), "{:?}", error.hints());
    }
}

#[tokio::test]
async fn a_machine_that_does_not_exist_is_none_although_the_server_says_500() {
    let peer = Peer::new(|_| {
        answer(500, r#"{"data":null,"message":"Configuration file 'nodes/pve01/qemu-server/7.conf' does not exist\n"}"#)
    });
    assert_eq!(by_token(&peer).vm_config("pve01", 7).await.unwrap(), None);
}

#[tokio::test]
async fn guests_are_found_with_their_owner_and_their_tags() {
    let peer = Peer::new(|_| {
        data(json!([
            { "vmid": 101_011, "type": "qemu", "node": "pve02", "name": "solcp01", "status": "running", "tags": "sol;fluxlift" },
            { "vmid": 200, "type": "lxc", "node": "pve01" },
        ]))
    });
    let guests = by_token(&peer).guests().await.unwrap();
    assert!(guests[0].tags().contains("fluxlift"));
    assert_eq!(guests[0].describe(), r#"vm 101011 "solcp01" on pve02"#);
    assert_eq!(guests[1].describe(), r#"container 200 "" on pve01"#);
    assert_eq!(peer.lines(), ["GET /api2/json/cluster/resources?type=vm"]);
}

#[tokio::test]
async fn a_machine_is_destroyed_with_its_own_disks_and_no_others() {
    let peer = Peer::new(|_| data(json!(UPID)));
    by_token(&peer).destroy_vm("pve01", 101_011).await.unwrap();
    assert_eq!(
        peer.lines(),
        ["DELETE /api2/json/nodes/pve01/qemu/101011?purge=1&destroy-unreferenced-disks=0"],
        "a volume that only carries the machine's number is somebody else's"
    );
}
