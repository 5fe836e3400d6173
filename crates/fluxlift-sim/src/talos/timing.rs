//! How long things take on a machine.

use jiff::SignedDuration;
use rand::Rng;

use crate::World;

/// From power to the API in maintenance.
pub(super) const MAINTENANCE: Span = Span(11_000, 17_000);
/// From power or reboot to the API of a configured machine.
pub(super) const BOOT: Span = Span(9_000, 14_000);
/// How often a worker asks for its certificate.
pub(super) const TRUST: Span = Span(1_500, 3_000);
/// From taking a configuration to the end of the connection.
pub(super) const HANG_UP: Span = Span(150, 400);
/// Pulling the installer's image and writing it to disk.
pub(super) const INSTALL: Span = Span(24_000, 38_000);
/// From the API to a running container runtime.
pub(super) const CRI: Span = Span(1_500, 3_000);
/// From the API to the time being in sync.
pub(super) const TIME_SYNC: Span = Span(2_000, 6_000);
/// Pulling the kubelet's image and starting it.
pub(super) const KUBELET: Span = Span(8_000, 14_000);
/// Starting a kubelet whose image is there.
pub(super) const KUBELET_AGAIN: Span = Span(1_500, 2_500);
/// From bootstrap to a running etcd, its image included.
pub(super) const ETCD: Span = Span(5_000, 9_000);
/// How often a control plane without etcd looks for a cluster to join.
pub(super) const JOIN: Span = Span(3_000, 11_000);
/// From joining as a learner to having a vote.
pub(super) const PROMOTE: Span = Span(4_000, 8_000);
/// From a running etcd to a serving API server, its image included.
pub(super) const API_SERVER: Span = Span(14_000, 22_000);
/// The same with the image there.
pub(super) const API_SERVER_AGAIN: Span = Span(4_000, 7_000);
/// From a running etcd to the shared address.
pub(super) const VIP: Span = Span(800, 2_200);
/// From a reachable API server to a registered node.
pub(super) const REGISTER: Span = Span(1_500, 5_000);
/// From a serving API server to the inline manifests being applied.
pub(super) const MANIFESTS: Span = Span(2_500, 5_000);
/// Until manifests whose kinds were missing are tried again.
pub(super) const MANIFESTS_AGAIN: Span = Span(2_000, 2_500);
/// Wiping.
pub(super) const RESET: Span = Span(4_000, 7_000);

/// From so many to so many milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span(u32, u32);

impl Span {
    /// A duration from the span, by the world's chance.
    pub(super) fn draw(self, world: &mut World) -> SignedDuration {
        SignedDuration::from_millis(i64::from(world.random.gen_range(self.0..=self.1)))
    }
}
