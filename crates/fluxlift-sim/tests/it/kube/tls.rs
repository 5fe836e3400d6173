//! Who is let in.

use std::sync::Arc;

use bytes::Bytes;
use fluxlift_gate::TokioClock;
use fluxlift_net::{HttpClient, TlsClient, TlsTrust};
use fluxlift_sim::kube::standalone::{Authority, Pair};
use fluxlift_sim::kube::{ClusterPki, GroupResource, Key, TokenOwner};
use fluxlift_sim::{Datacenter, Net, Options, World};
use http::Request;
use jiff::SignedDuration;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::store::{ENDPOINT, caller, now};

struct Place {
    datacenter: Datacenter,
    authority: Authority,
    random: ChaCha8Rng,
}

fn place() -> Place {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let authority = Authority::new(&mut random, now()).unwrap();
    let server = authority.server(&mut random, &["127.101.0.11".to_owned()], now()).unwrap();
    let pki =
        ClusterPki { ca_pem: authority.pem.clone(), server_cert_pem: server.certificate, server_key_pem: server.key };
    let mut world = World::new(Options::default(), now());
    world.kube.start(pki, [ENDPOINT.parse().unwrap()], now());
    let clock = Arc::new(TokioClock::starting_at(now()));
    Place { datacenter: Datacenter::new(world, clock), authority, random }
}

impl Place {
    async fn get(&self, identity: Option<&Pair>, token: Option<&str>, path: &str) -> Result<(u16, Value), String> {
        let clock = self.datacenter.clock();
        let trust = TlsTrust::Authorities(self.authority.pem.clone());
        let tls = match identity {
            Some(pair) => TlsClient::with_identity(&trust, &pair.certificate, &pair.key, clock),
            None => TlsClient::new(&trust, clock),
        };
        let http = HttpClient::new(Arc::new(Net::new(self.datacenter.clone())), Some(tls.unwrap()));
        let mut request = Request::get(format!("https://{ENDPOINT}{path}"));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = http.send(request.body(Bytes::new()).unwrap()).await.map_err(|e| format!("{e:?}"))?;
        Ok((answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap_or_default()))
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_certificate_is_refused_by_tls_itself() {
    let mut place = place();
    let hour = SignedDuration::from_hours(1);
    let pair = place.authority.client(&mut place.random, "admin", "system:masters", now(), hour).unwrap();
    assert_eq!(place.get(Some(&pair), None, "/api/v1/namespaces").await.unwrap().0, 200);
    tokio::time::advance(std::time::Duration::from_secs(7200)).await;
    let error = place.get(Some(&pair), None, "/api/v1/namespaces").await.unwrap_err();
    assert!(error.contains("CertificateExpired"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn strangers_are_told_the_version_and_nothing_else() {
    let place = place();
    assert_eq!(place.get(None, None, "/version").await.unwrap().1["gitVersion"], "v1.32.0");
    let (code, status) = place.get(None, None, "/api/v1/namespaces").await.unwrap();
    assert_eq!((code, &status["reason"]), (403, &json!("Forbidden")));
    assert_eq!(place.get(None, Some("nobody's"), "/api/v1/namespaces").await.unwrap().0, 401);
}

#[tokio::test(start_paused = true)]
async fn a_service_account_may_do_what_its_roles_say() {
    let place = place();
    place.datacenter.with(|world| {
        let owner = TokenOwner { user: "system:serviceaccount:flux-system:reader".into(), groups: Vec::new() };
        world.kube.tokens.insert("secret".into(), owner);
        let role = json!({"metadata": {"name": "read"}, "rules": [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list"]}]});
        let binding = json!({
            "metadata": {"name": "read"}, "roleRef": {"kind": "ClusterRole", "name": "read"},
            "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": "flux-system"}],
        });
        world.kube.api.create(&caller("a"), &GroupResource::CLUSTER_ROLES, None, role).unwrap();
        world.kube.api.create(&caller("a"), &GroupResource::CLUSTER_ROLE_BINDINGS, None, binding).unwrap();
    });
    assert_eq!(place.get(None, Some("secret"), "/api/v1/namespaces").await.unwrap().0, 200);
    let (code, status) = place.get(None, Some("secret"), "/api/v1/secrets").await.unwrap();
    assert_eq!(code, 403);
    assert_eq!(
        status["message"],
        "secrets is forbidden: User \"system:serviceaccount:flux-system:reader\" cannot list resource \"secrets\" in API group \"\" at the cluster scope"
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_answers_where_no_api_server_runs() {
    let place = place();
    place.datacenter.with(|world| world.kube.stop(&ENDPOINT.parse().unwrap()));
    assert!(place.get(None, None, "/version").await.unwrap_err().contains("ConnectionRefused"));
    let still = place
        .datacenter
        .with(|world| world.kube.api.get(&Key::cluster(&GroupResource::NAMESPACES, "default")).is_some());
    assert!(still, "the objects stay");
}
