//! One connection to a name that has several addresses.
//!
//! The first address is dialled, and after a moment of silence the next one beside it (RFC 8305): an address that does not
//! answer costs that moment, and none of the others waits for its end.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::time::timeout;

/// How long an address may be silent before the next one is dialled beside it.
pub const HEAD_START: Duration = Duration::from_millis(250);

/// Dials `addresses` in this order, each no longer than `limit`, and gives the first connection that there is; the others
/// are dropped. An address that refuses is followed by the next at once.
///
/// # Errors
/// The last that was met, when none answers; `NotFound` when there is no address.
pub async fn race<A, C, D>(
    addresses: impl IntoIterator<Item = A>,
    limit: Duration,
    dial: impl Fn(A) -> D,
) -> io::Result<C>
where
    D: Future<Output = io::Result<C>>,
{
    let mut left = addresses.into_iter().peekable();
    let mut running = FuturesUnordered::new();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "it has no address");
    loop {
        if let Some(address) = left.next() {
            running.push(timeout(limit, dial(address)));
        }
        let ended = match left.peek() {
            Some(_) => timeout(HEAD_START, running.next()).await,
            None => Ok(running.next().await),
        };
        match ended {
            // Silence: the next one is dialled beside it.
            Err(_) => {}
            Ok(None) => return Err(last),
            Ok(Some(Ok(Ok(connection)))) => return Ok(connection),
            Ok(Some(Ok(Err(error)))) => last = error,
            Ok(Some(Err(_))) => {
                last = io::Error::new(io::ErrorKind::TimedOut, format!("no answer in {}s", limit.as_secs()));
            }
        }
    }
}

/// The addresses with the two families in turn, each in its own order: a family that is dead costs one moment and not one
/// for each of its addresses.
pub fn in_turn<A>(addresses: impl IntoIterator<Item = A>, family: impl Fn(&A) -> IpAddr) -> Vec<A> {
    let mut all = addresses.into_iter().peekable();
    let first_is_v6 = all.peek().is_some_and(|address| family(address).is_ipv6());
    let (first, second): (Vec<A>, Vec<A>) = all.partition(|address| family(address).is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut turns = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair.iter().all(Option::is_none) {
            return turns;
        }
        turns.extend(pair.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    /// How an address behaves, and after how long.
    #[derive(Debug, Clone, Copy)]
    enum Is {
        Silent,
        Refusing(u64),
        Answering(u64, &'static str),
    }

    #[expect(clippy::disallowed_methods, reason = "time is paused here: nobody waits")]
    async fn dial(is: Is) -> io::Result<&'static str> {
        match is {
            Is::Silent => std::future::pending().await,
            Is::Refusing(after) => {
                tokio::time::sleep(Duration::from_millis(after)).await;
                Err(io::ErrorKind::ConnectionRefused.into())
            }
            Is::Answering(after, name) => {
                tokio::time::sleep(Duration::from_millis(after)).await;
                Ok(name)
            }
        }
    }

    async fn raced<const N: usize>(addresses: [Is; N]) -> (io::Result<&'static str>, Duration) {
        let began = Instant::now();
        (race(addresses, LIMIT, dial).await, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_does_not_answer_costs_a_moment_and_not_its_whole_limit() {
        let (answer, took) = raced([Is::Silent, Is::Answering(20, "second")]).await;
        assert_eq!((answer.unwrap(), took), ("second", Duration::from_millis(270)));
        let (answer, took) = raced([Is::Silent, Is::Silent, Is::Answering(20, "third")]).await;
        assert_eq!((answer.unwrap(), took), ("third", Duration::from_millis(520)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_refuses_is_followed_at_once_and_one_that_is_slow_may_still_win() {
        let (answer, took) = raced([Is::Refusing(1), Is::Answering(20, "second")]).await;
        assert_eq!((answer.unwrap(), took), ("second", Duration::from_millis(21)));
        let (answer, took) = raced([Is::Answering(300, "first"), Is::Silent]).await;
        assert_eq!((answer.unwrap(), took), ("first", Duration::from_millis(300)));
    }

    #[tokio::test(start_paused = true)]
    async fn when_none_answers_it_ends_after_the_limit_of_the_last_with_its_error() {
        let (answer, took) = raced([Is::Silent, Is::Silent]).await;
        assert_eq!(
            (answer.unwrap_err().to_string(), took),
            ("no answer in 5s".to_owned(), Duration::from_millis(5250))
        );
        let (answer, _) = raced([Is::Refusing(1), Is::Refusing(2)]).await;
        assert_eq!(answer.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(raced([]).await.0.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn the_families_take_turns_beginning_with_the_one_that_the_name_gives_first() {
        let all = ["fd00::1", "fd00::2", "192.0.2.1", "fd00::3"].map(|address| address.parse::<IpAddr>().unwrap());
        let turns = in_turn(all, |address| *address);
        let turns: Vec<String> = turns.iter().map(ToString::to_string).collect();
        assert_eq!(turns, ["fd00::1", "192.0.2.1", "fd00::2", "fd00::3"]);
    }
}
