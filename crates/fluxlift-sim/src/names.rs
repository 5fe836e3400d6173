//! Names that lead to a server of the datacenter by several addresses, and the addresses that do not answer.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use fluxlift_net::Authority;
use fluxlift_net::race::in_turn;
use serde::{Deserialize, Serialize};

use crate::{Route, World};

/// What names there are. Everything else is its own address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// What a name stands for.
    pub known: BTreeMap<String, Name>,
    /// The addresses to which packets vanish.
    pub silent: BTreeSet<IpAddr>,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// The host that all of its addresses lead to.
    pub host: String,
    /// Its addresses, in the order in which a resolver gives them.
    pub addresses: Vec<IpAddr>,
}

impl World {
    /// The ways to `to` as whoever dials it tries them: who answers on each.
    pub fn ways(&self, to: &Authority) -> Vec<Route> {
        let Some(name) = self.names.known.get(&to.host) else { return vec![self.route(to)] };
        let target = Authority::new(name.host.as_str(), to.port);
        let way = |address: IpAddr| match self.names.silent.contains(&address) {
            true => Route::BlackHole,
            false => self.route(&target),
        };
        in_turn(name.addresses.iter().copied(), |address| *address).into_iter().map(way).collect()
    }
}
