//! Checks that make machines, in installations and pools that exist for this run only.
//!
//! The order is the life of two machines: create, look, stop, start, and delete one by its name and the other by its id.

mod creation;
mod interruption;
mod isolation;
mod machine;
mod power;
mod removal;

use garm_provider_protocol::InterfaceVersion;

use self::machine::Machine;
use super::check::Check;
use super::findings::Findings;
use super::fixture::Fixture;
use super::judgement::{Judgement, Verdict};

/// Runs all checks of this folder. At the end every machine that was made is removed, even after a failure.
pub(super) async fn run(fixture: &mut Fixture, findings: &mut Findings) {
    let name = fixture.name("a");
    match creation::create(fixture, &name, None).await {
        Ok((machine, judgement)) => {
            findings.record(Check::Create, Ok(judgement));
            with_machine(fixture, findings, machine).await;
        }
        Err(judgement) => findings.record(Check::Create, Err(judgement)),
    }
    let left = fixture.clean_up().await;
    findings.record(Check::NothingLeft, Ok(nothing_left(&left)));
}

fn nothing_left(left: &[String]) -> Judgement {
    if left.is_empty() {
        return Judgement::pass();
    }
    Judgement { verdict: Verdict::Fail, detail: format!("these machines cannot be removed: {}", left.join(", ")), evidence: Vec::new() }
}

async fn with_machine(fixture: &mut Fixture, findings: &mut Findings, a: Machine) {
    macro_rules! check {
        ($check:ident, $run:expr) => {
            let judged = $run.await;
            findings.record(Check::$check, judged);
        };
    }
    check!(CreateTwice, creation::create_twice(fixture, &a));
    let b = second(fixture, findings).await;
    check!(CreateTruncated, creation::truncated(fixture));
    check!(GetByName, creation::get(fixture, &a, &a.name));
    check!(GetById, creation::get(fixture, &a, &a.id));
    check!(ListPool, creation::list(fixture, &a, b.as_ref()));
    check!(ProviderIds, creation::provider_ids(fixture, &a, b.as_ref()));

    check!(ListOtherPool, isolation::list_other_pool(fixture, &a));
    check!(ListOtherController, isolation::list_other_controller(fixture, &a));
    check!(GetOtherController, isolation::get_other_controller(fixture, &a));
    check!(DeleteOtherController, isolation::delete_other_controller(fixture, &a));

    // These commands may touch the machines of others. So they run only when the provider was seen to tell installations apart.
    let apart = [Check::ListOtherController, Check::DeleteOtherController].iter().all(|check| findings.verdict(*check) == Verdict::Pass);
    fixture.apart = apart;
    if apart {
        check!(DeleteNameless, isolation::delete_nameless(fixture, &a));
    } else {
        let reason = "it might delete machines of others: see list-other-controller and delete-other-controller";
        findings.record(Check::DeleteNameless, Ok(Judgement::skip(reason)));
    }

    check!(Stop, power::stop(fixture, &a));
    check!(Start, power::start(fixture, &a));

    let (concurrent, remove_all) = removal::remove_all(fixture, &a).await;
    findings.record(Check::CreateConcurrent, Ok(concurrent));
    findings.record(Check::RemoveAll, Ok(remove_all));

    check!(DeleteByName, removal::delete(fixture, &a.name, &a.name));
    if let Some(b) = &b {
        check!(DeleteById, removal::delete(fixture, &b.name, &b.id));
    }
    check!(DeleteAgain, removal::delete_again(fixture, &a));
    check!(GetDeleted, removal::get_deleted(fixture, &a));
    check!(ListEmpty, removal::list_empty(fixture));

    let (interrupted, afterwards) = interruption::run(fixture, a.took).await;
    findings.record(Check::InterruptedCreation, Ok(interrupted));
    findings.record(Check::CreateAfterInterruption, Ok(afterwards));
}

/// The second machine: in the other version of the contract where that is accepted.
async fn second(fixture: &mut Fixture, findings: &mut Findings) -> Option<Machine> {
    let name = fixture.name("b");
    let main = fixture.probe.version;
    let accepted = |version| match version {
        InterfaceVersion::V0_1_0 => findings.verdict(Check::InterfaceV010) == Verdict::Pass,
        InterfaceVersion::V0_1_1 => findings.verdict(Check::InterfaceV011) == Verdict::Pass,
    };
    let other = fixture.settings.versions.iter().copied().find(|version| *version != main);
    let other = other.filter(|version| accepted(*version));
    match (creation::create(fixture, &name, other).await, other) {
        (Ok((machine, judgement)), other) => {
            findings.record(
                Check::CreateOther,
                Ok(if other.is_some() { judgement } else { Judgement::skip("there is no other version to try") }),
            );
            Some(machine)
        }
        (Err(judgement), _) => {
            findings.record(Check::CreateOther, Err(judgement));
            None
        }
    }
}
