//! One connection to the API: TLS, then HTTP.

use std::sync::Arc;

use fluxlift_net::Connection;
use tokio::sync::Notify;

use crate::proxmox::certificate;
use crate::{Datacenter, serve};

/// Serves one connection until it ends or a fault cuts it.
pub async fn connection(datacenter: Datacenter, connection: Connection) {
    let Ok(config) = certificate::server() else { return };
    let accepted = tokio_rustls::TlsAcceptor::from(config).accept(connection).await;
    // A client that does not believe the certificate goes away.
    let Ok(stream) = accepted else { return };
    let cut = Arc::new(Notify::new());
    let (world, cutter) = (datacenter.clone(), Arc::clone(&cut));
    let served = serve::http(&datacenter, Connection::new(stream), move |request| {
        let (world, cutter) = (world.clone(), Arc::clone(&cutter));
        async move {
            match world.with(|world| world.answer_proxmox(&request)) {
                Some(response) => response.map(serve::whole),
                None => {
                    cutter.notify_one();
                    std::future::pending().await
                }
            }
        }
    });
    tokio::select! {
        biased;
        () = cut.notified() => {}
        () = served => {}
    }
}
