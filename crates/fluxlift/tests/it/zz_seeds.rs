use fluxlift_talos::SecretsBundle;
use fluxlift_talos::config::Contract;
use rand::SeedableRng;
use sha2::{Digest, Sha256};
#[test]
fn seeds() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for number in 1..=40u64 {
        let digest = Sha256::new().chain_update(number.to_le_bytes()).chain_update("bundle").finalize();
        let mut seed = [0; 32];
        seed.copy_from_slice(&digest);
        let mut rng = rand_chacha::ChaCha20Rng::from_seed(seed);
        let start = std::time::Instant::now();
        runtime
            .block_on(SecretsBundle::draw(
                Contract::of(&"v1.11.3".parse().unwrap()).unwrap(),
                "2026-01-01T00:00:00Z".parse().unwrap(),
                &mut rng,
            ))
            .unwrap();
        println!("{number} {:?}", start.elapsed());
    }
}
