//! What a ReplicationDestination asks for.

use fluxlift_kube::Object;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What becomes of the volume that was restored into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyMethod {
    /// A VolumeSnapshot of it is the image.
    Snapshot,
    /// It is the volume of this claim: there is nothing to copy.
    Direct(String),
}

/// What a repository in a folder lies on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// Nothing in the cluster: the Secret has an address.
    Remote,
    /// A server of files.
    Nfs {
        /// Its address.
        server: String,
        /// The folder.
        path: String,
    },
    /// A claim in the destination's namespace.
    Claim(String),
}

/// A ReplicationDestination, as far as a restore by Kopia needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The Secret with the repository's address and password.
    pub secret: String,
    /// What becomes of the volume.
    pub copy: CopyMethod,
    /// What the repository lies on.
    pub store: Store,
    /// The storage classes that it names: of the volume, and of the cache.
    pub classes: Vec<String>,
    /// Whether it leaves the class of its volume to the cluster.
    pub default_class: bool,
    /// The class of its snapshots; `None` leaves it to the cluster.
    pub snapshot_class: Option<String>,
    /// The identity whose snapshots are restored, as `user@host`.
    pub identity: String,
}

impl Destination {
    /// What `object` asks for; `None` when it has no Kopia mover.
    pub fn of(object: &Object) -> Option<Self> {
        let kopia = object.at("/spec/kopia").as_object().map(|_| object.at("/spec/kopia"))?;
        let text = |field: &str| kopia[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let direct = text("destinationPVC").filter(|_| text("copyMethod").as_deref() == Some("Direct"));
        let classes = ["storageClassName", "cacheStorageClassName"].into_iter().filter_map(text);
        Some(Self {
            namespace: object.namespace().unwrap_or_default().to_owned(),
            name: object.name().to_owned(),
            secret: text("repository").unwrap_or_default(),
            default_class: direct.is_none() && text("storageClassName").is_none(),
            copy: direct.map_or(CopyMethod::Snapshot, CopyMethod::Direct),
            store: store(kopia),
            classes: classes.collect(),
            snapshot_class: text("volumeSnapshotClassName"),
            identity: identity(object, kopia),
        })
    }

    /// Where the repository is, so that two destinations that share one are known to: a digest where it is the address of
    /// a Secret, which is nobody else's business.
    pub fn repository(&self, address: Option<&str>) -> String {
        match &self.store {
            Store::Nfs { server, path } => format!("nfs://{server}{path}"),
            Store::Claim(claim) => format!("claim/{}/{claim}", self.namespace),
            Store::Remote => match address {
                Some(address) => Sha256::digest(address).iter().take(8).map(|byte| format!("{byte:02x}")).collect(),
                None => format!("secret/{}/{}", self.namespace, self.secret),
            },
        }
    }

    /// The same for people.
    pub fn place(&self, address: Option<&str>) -> String {
        match &self.store {
            Store::Nfs { server, path } => format!("nfs {server}:{path}"),
            Store::Claim(claim) => format!("claim {claim}"),
            Store::Remote => match address.and_then(|address| address.split_once(':')) {
                Some((scheme, _)) => scheme.to_owned(),
                None => format!("secret {}", self.secret),
            },
        }
    }

    /// Whether `source` may write what this destination restores, or backs up what is restored: it must stand still
    /// until the restore is proven.
    pub fn concerns(&self, source: &Object, claims: &[&str]) -> bool {
        let same = source.namespace() == Some(&self.namespace);
        let fills = |claim: &str| claims.contains(&claim) || self.copy == CopyMethod::Direct(claim.to_owned());
        let kopia = source.at("/spec/kopia");
        (same && source.text("/spec/sourcePVC").is_some_and(fills))
            || (kopia.is_object() && named(kopia).unwrap_or_else(|| own(source)) == self.identity)
    }
}

fn store(kopia: &Value) -> Store {
    // Others carry keys and certificates, and no repository.
    let stores =
        |volume: &&Value| volume["persistentVolumeClaim"]["claimName"].is_string() || volume["nfs"].is_object();
    let volumes = kopia["moverVolumes"].as_array().into_iter().flatten().map(|one| &one["volumeSource"]);
    let volume = volumes.into_iter().find(stores);
    // Older releases of the fork have a field of their own.
    if let Some(claim) = kopia["repositoryPVC"].as_str() {
        return Store::Claim(claim.to_owned());
    }
    let Some(volume) = volume else { return Store::Remote };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match (&volume["persistentVolumeClaim"]["claimName"], &volume["nfs"]) {
        (Value::String(claim), _) => Store::Claim(claim.clone()),
        (_, nfs) if nfs.is_object() => Store::Nfs { server: text(&nfs["server"]), path: text(&nfs["path"]) },
        // A volume of another kind, such as a Secret with a key, is no repository.
        _ => Store::Remote,
    }
}

fn identity(object: &Object, kopia: &Value) -> String {
    let source = || {
        let identity = &kopia["sourceIdentity"];
        let namespace = identity["sourceNamespace"].as_str().or_else(|| object.namespace())?;
        Some(format!("{}@{namespace}", identity["sourceName"].as_str()?))
    };
    named(kopia).or_else(source).unwrap_or_else(|| own(object))
}

fn named(kopia: &Value) -> Option<String> {
    Some(format!("{}@{}", kopia["username"].as_str()?, kopia["hostname"].as_str()?))
}

fn own(object: &Object) -> String {
    format!("{}@{}", object.name(), object.namespace().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(kopia: Value) -> Destination {
        let object = json!({"metadata": {"name": "app-dst", "namespace": "apps"}, "spec": {"kopia": kopia}});
        Destination::of(&Object::new(object)).unwrap()
    }

    fn source(name: &str, spec: Value) -> Object {
        Object::new(json!({"metadata": {"name": name, "namespace": "apps"}, "spec": spec}))
    }

    #[test]
    fn a_destination_with_another_mover_is_none_of_ours() {
        assert_eq!(Destination::of(&Object::new(json!({"spec": {"restic": {}}}))), None);
    }

    #[test]
    fn the_address_of_a_repository_is_told_by_its_scheme_alone() {
        let destination = of(json!({"repository": "s"}));
        assert_eq!(destination.place(Some("s3://key:secret@backups")), "s3");
        assert!(!destination.repository(Some("s3://key:secret@backups")).contains("secret"));
        assert_ne!(destination.repository(Some("s3://a")), destination.repository(Some("s3://b")));
    }

    #[test]
    fn a_repository_lies_on_what_the_mover_mounts() {
        let mounted =
            |source: Value| of(json!({"moverVolumes": [{"mountPath": "repository", "volumeSource": source}]})).store;
        assert_eq!(mounted(json!({"persistentVolumeClaim": {"claimName": "kopia"}})), Store::Claim("kopia".to_owned()));
        let nfs = Store::Nfs { server: "nas".to_owned(), path: "/kopia".to_owned() };
        assert_eq!(mounted(json!({"nfs": {"server": "nas", "path": "/kopia"}})), nfs);
        let second = json!([{"volumeSource": {"secret": {"secretName": "key"}}},
            {"volumeSource": {"persistentVolumeClaim": {"claimName": "kopia"}}}]);
        assert_eq!(of(json!({"moverVolumes": second})).store, Store::Claim("kopia".to_owned()));
        assert_eq!(of(json!({"repositoryPVC": "kopia"})).store, Store::Claim("kopia".to_owned()));
        assert_eq!(of(json!({})).store, Store::Remote);
    }

    #[test]
    fn the_backups_of_its_claims_and_of_its_identity_concern_it_and_no_others_do() {
        let destination = of(json!({"sourceIdentity": {"sourceName": "app"}}));
        assert!(destination.concerns(&source("backup", json!({"sourcePVC": "app-data"})), &["app-data"]));
        assert!(destination.concerns(&source("app", json!({"sourcePVC": "other", "kopia": {}})), &[]));
        assert!(!destination.concerns(&source("other", json!({"sourcePVC": "other", "kopia": {}})), &["app-data"]));
        let direct = of(json!({"copyMethod": "Direct", "destinationPVC": "app"}));
        assert!(direct.concerns(&source("x", json!({"sourcePVC": "app"})), &[]));
    }
}
