//! Checks that make machines, in installations and pools that exist for this run only.
//!
//! The order is the life of two machines: they are made, looked at, stopped and started, and removed one by its name and one by its id.

mod creation;
mod interruption;
mod isolation;
mod power;
mod removal;

use std::time::Duration;

use garm_provider_protocol::InterfaceVersion;

use super::check::Check;
use super::judgement::{Judgement, Verdict};
use super::suite::Suite;

/// A machine that was made.
struct Machine {
    name: String,
    /// Empty when the provider gave none.
    id: String,
    /// How long it took.
    took: Duration,
}

/// Runs all of them. Whatever happens, what was made is removed at the end.
pub(super) async fn run(suite: &mut Suite) {
    let name = suite.bench().name("a");
    match creation::create(suite.bench(), &name, None).await {
        Ok((machine, judgement)) => {
            suite.judge(Check::Create, Ok(judgement));
            with_machine(suite, machine).await;
        }
        Err(judgement) => suite.judge(Check::Create, Err(judgement)),
    }
    let left = suite.clean_up().await;
    suite.judge(Check::NothingLeft, Ok(nothing_left(&left)));
}

fn nothing_left(left: &[String]) -> Judgement {
    if left.is_empty() {
        return Judgement::pass();
    }
    Judgement { verdict: Verdict::Fail, detail: format!("these machines cannot be removed: {}", left.join(", ")), evidence: Vec::new() }
}

async fn with_machine(suite: &mut Suite, a: Machine) {
    macro_rules! check {
        ($check:ident, $run:expr) => {
            let judged = $run.await;
            suite.judge(Check::$check, judged);
        };
    }
    check!(CreateTwice, creation::create_twice(suite.bench(), &a));
    let b = second(suite).await;
    check!(CreateTruncated, creation::truncated(suite.bench()));
    check!(GetByName, creation::get(suite.bench(), &a, &a.name));
    check!(GetById, creation::get(suite.bench(), &a, &a.id));
    check!(ListPool, creation::list(suite.bench(), &a, b.as_ref()));
    check!(ProviderIds, creation::provider_ids(suite.bench(), &a, b.as_ref()));

    check!(ListOtherPool, isolation::list_next_door(suite.bench(), &a));
    check!(ListOtherController, isolation::list_abroad(suite.bench(), &a));
    check!(GetOtherController, isolation::get_abroad(suite.bench(), &a));
    check!(DeleteOtherController, isolation::delete_abroad(suite.bench(), &a));

    // What may touch more than one machine is asked for only where it is seen that installations are told apart: others' machines are at stake.
    let apart = [Check::ListOtherController, Check::DeleteOtherController].iter().all(|check| suite.verdict(*check) == Verdict::Pass);
    suite.bench().apart = apart;
    if apart {
        check!(DeleteNameless, isolation::delete_nameless(suite.bench(), &a));
    } else {
        let reason = "it might delete machines of others: see list-other-controller and delete-other-controller";
        suite.judge(Check::DeleteNameless, Ok(Judgement::skip(reason)));
    }

    check!(Stop, power::stop(suite.bench(), &a));
    check!(Start, power::start(suite.bench(), &a));

    let (concurrent, remove_all) = removal::remove_all(suite.bench(), &a).await;
    suite.judge(Check::CreateConcurrent, Ok(concurrent));
    suite.judge(Check::RemoveAll, Ok(remove_all));

    check!(DeleteByName, removal::delete(suite.bench(), &a.name, &a.name));
    if let Some(b) = &b {
        check!(DeleteById, removal::delete(suite.bench(), &b.name, &b.id));
    }
    check!(DeleteAgain, removal::delete_again(suite.bench(), &a));
    check!(GetDeleted, removal::get_deleted(suite.bench(), &a));
    check!(ListEmpty, removal::list_empty(suite.bench()));

    let (interrupted, afterwards) = interruption::run(suite.bench(), a.took).await;
    suite.judge(Check::InterruptedCreation, Ok(interrupted));
    suite.judge(Check::CreateAfterInterruption, Ok(afterwards));
}

/// The second machine: in the other version of the contract where that is accepted.
async fn second(suite: &mut Suite) -> Option<Machine> {
    let name = suite.bench().name("b");
    let main = suite.bench().probe.version;
    let accepted = |suite: &Suite, version| match version {
        InterfaceVersion::V0_1_0 => suite.verdict(Check::InterfaceV010) == Verdict::Pass,
        InterfaceVersion::V0_1_1 => suite.verdict(Check::InterfaceV011) == Verdict::Pass,
    };
    let other = suite.bench().settings.versions.iter().copied().find(|version| *version != main);
    let other = other.filter(|version| accepted(suite, *version));
    match (creation::create(suite.bench(), &name, other).await, other) {
        (Ok((machine, judgement)), other) => {
            suite.judge(
                Check::CreateOther,
                Ok(if other.is_some() { judgement } else { Judgement::skip("there is no other version to try") }),
            );
            Some(machine)
        }
        (Err(judgement), _) => {
            suite.judge(Check::CreateOther, Err(judgement));
            None
        }
    }
}
