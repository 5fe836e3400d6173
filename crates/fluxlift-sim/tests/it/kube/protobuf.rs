//! Bodies in protobuf.

use fluxlift_sim::kube::wire::protobuf::decode;
use serde_json::json;

/// A field with a length.
fn field(number: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2, u8::try_from(body.len()).unwrap()];
    bytes.extend(body);
    bytes
}

#[test]
fn a_secret_in_protobuf_is_the_same_secret_in_json() {
    let kind = [field(1, b"v1"), field(2, b"Secret")].concat();
    let entry = [field(1, b"age.agekey"), field(2, b"KEY")].concat();
    let secret = [field(1, &field(1, b"sops-age")), field(2, &entry), field(3, b"Opaque")].concat();
    let body = [b"k8s\0".to_vec(), field(1, &kind), field(2, &secret)].concat();
    let wanted = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": "sops-age"}, "data": {"age.agekey": "S0VZ"},
    });
    assert_eq!(decode(&body), Some(wanted));
}
