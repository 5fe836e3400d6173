//! What doctor can find. The words are stable: programs and the pages in `docs/findings` go by them.

/// What is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id {
    word: &'static str,
    why: &'static str,
}

impl Id {
    const fn new(word: &'static str, why: &'static str) -> Self {
        Self { word, why }
    }

    /// Its word, such as `clock-skew`.
    pub const fn word(self) -> &'static str {
        self.word
    }

    /// Why it matters, in one sentence.
    pub const fn why(self) -> &'static str {
        self.why
    }

    /// Its page, from the root of the repository.
    pub fn page(self) -> String {
        format!("docs/findings/{}.md", self.word)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])+ $name:ident = $word:literal, $why:literal;)+) => {
        $($(#[$doc])+ pub const $name: Id = Id::new($word, $why);)+
        /// All of them.
        pub const ALL: &[Id] = &[$($name),+];
    };
}

ids! {
    /// The client certificate is over, or not valid yet.
    CERTIFICATE_UNUSABLE = "certificate-unusable", "no command can reach the cluster with this kubeconfig";
    /// The client certificate ends soon.
    CERTIFICATE_ENDS_SOON = "certificate-ends-soon", "when it has ended, nobody reaches the cluster with this kubeconfig";
    /// The kubeconfig believes any server.
    SERVER_NOT_VERIFIED = "server-not-verified", "whoever answers at that address is sent the credentials, and believed";
    /// The API server does not answer.
    API_UNREACHABLE = "api-unreachable", "nothing can be done to a cluster whose API does not answer, and nothing more is known of it";
    /// The API server says that it is not ready.
    API_NOT_READY = "api-not-ready", "an API server that is not ready loses requests and serves old data";
    /// Our clock and the cluster's differ.
    CLOCK_SKEW = "clock-skew", "certificates and tokens are judged by the clock, and every age that is shown is wrong by the difference";
    /// There is no node.
    NO_NODE = "no-node", "without a node no Pod runs, and lists of Pods are empty without an error";
    /// A node is not Ready.
    NODE_NOT_READY = "node-not-ready", "its Pods count as gone after a while, and no new ones start there";
    /// A node has no network for Pods.
    NODE_NETWORK = "node-network", "Pods that start before the network plug-in is there fail, the operator among them";
    /// A node runs out of something.
    NODE_PRESSURE = "node-pressure", "the kubelet evicts Pods from a node under pressure, controllers among them";
    /// The cluster's DNS does not answer.
    DNS_NOT_READY = "dns-not-ready", "controllers find source-controller and the Git host by name";
    /// A source cannot be fetched.
    SOURCE_UNREACHABLE = "source-unreachable", "what the repository says does not arrive, and the cluster stays as it was";
    /// There is no operator although something needs one.
    OPERATOR_MISSING = "operator-missing", "nobody acts on the FluxInstance: no upgrade, no repair of the controllers, no sync";
    /// The operator is not at work.
    OPERATOR_NOT_READY = "operator-not-ready", "nobody acts on the FluxInstance until it is";
    /// A kind of Flux is not served.
    DEFINITION_NOT_SERVED = "definition-not-served", "a controller whose kind is missing ends with an error, and objects of it are refused";
    /// The operator has not applied the FluxInstance.
    INSTANCE_NOT_READY = "instance-not-ready", "the controllers, or the sync, are not what the FluxInstance asks for";
    /// A change of a live instance was not proven.
    CHANGE_UNPROVEN = "change-unproven", "nobody has shown that the controllers work since they were changed";
    /// An operator that does not have the Flux that it is asked for.
    VERSION_NOT_CARRIED = "version-not-carried", "the operator cannot build what it has no manifests of, and Flux stays as it is";
    /// Versions that were not tested together.
    VERSION_UNTESTED = "version-untested", "what nobody has tested together may fail in ways that no message names";
    /// A version with a known weakness.
    VERSION_WEAKNESS = "version-weakness", "its way to fail is known, and looks like something else";
    /// A controller has no living leader.
    CONTROLLER_WITHOUT_LEADER = "controller-without-leader", "without a leader nothing is reconciled, although its Pod may be Ready";
    /// A controller does not keep up.
    QUEUE_BACKLOG = "queue-backlog", "what waits behind busy workers looks stuck, and restarting the controller makes it worse";
    /// A webhook that nobody answers, and that must be answered.
    WEBHOOK_BLOCKS = "webhook-blocks", "every request that it is asked about is refused, those of Flux among them";
    /// `flux bootstrap` left something that reconciles.
    BOOTSTRAP_LEFTOVER = "bootstrap-leftover", "two managers of the same controllers and sync undo each other, and the loser may prune workloads";
    /// The key that decrypts is not there.
    AGE_KEY_MISSING = "age-key-missing", "a Kustomization that decrypts fails as a whole, not only in its secrets";
    /// The key does not open what is in the repository.
    AGE_KEY_MISMATCH = "age-key-mismatch", "what was encrypted for another key cannot be decrypted in the cluster";
    /// Backups that fluxlift holds.
    BACKUPS_HELD = "backups-held", "while they are held no backup is made";
    /// A restore has begun, and not ended.
    RESTORE_UNFINISHED = "restore-unfinished", "Flux leaves the destination alone while it is marked, and nobody has shown that its data is there";
    /// A rescue has begun, and not ended.
    RESCUE_UNFINISHED = "rescue-unfinished", "it was acted on, and nobody has shown that this helped";
    /// A canary that was not taken away.
    CANARY_LEFT = "canary-left", "it is harmless, and shows that a run was killed before it could clean up";
    /// Somebody holds the lock.
    LOCK_HELD = "lock-held", "the next apply is refused, or takes over from a run that has ended";
    /// A check could not be made.
    NOT_KNOWN = "not-known", "what was not looked at may be wrong";
}
