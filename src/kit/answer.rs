//! Reads the JSON of an answer. What is wrong with its form is noted once, for all calls, and a check that needs it is skipped.

use garm_provider_protocol::ProviderInstance;
use serde_json::{Deserializer, Value};

use super::conduct::Conduct;
use super::judgement::Judgement;
use super::seen::Seen;

/// The JSON value an answer begins with.
pub(super) fn value(seen: &Seen, conduct: &mut Conduct) -> Result<Value, Judgement> {
    let unreadable = || Judgement::skip(format!("{} printed something else than JSON: see stdout-json", seen.command));
    if seen.stdout.trim_ascii().is_empty() {
        conduct.note_json(Some("standard output is empty".to_owned()), seen);
        return Err(unreadable());
    }
    let mut stream = Deserializer::from_slice(&seen.stdout).into_iter::<Value>();
    match stream.next() {
        Some(Ok(value)) => {
            let rest = seen.stdout.get(stream.byte_offset()..).unwrap_or_default().trim_ascii();
            conduct.note_json((!rest.is_empty()).then(|| "something follows the JSON".to_owned()), seen);
            Ok(value)
        }
        Some(Err(fault)) => {
            conduct.note_json(Some(format!("this is not JSON, line {} column {}", fault.line(), fault.column())), seen);
            Err(unreadable())
        }
        None => Err(unreadable()),
    }
}

/// The machine an answer describes.
pub(super) fn machine(seen: &Seen, conduct: &mut Conduct) -> Result<ProviderInstance, Judgement> {
    let value = value(seen, conduct)?;
    read_machine(value, seen, conduct)
}

/// The machines an answer lists. `null` is how a Go program prints a list that was never filled.
pub(super) fn machines(seen: &Seen, conduct: &mut Conduct) -> Result<Vec<ProviderInstance>, Judgement> {
    match value(seen, conduct)? {
        Value::Null => Ok(Vec::new()),
        Value::Array(all) => all.into_iter().map(|value| read_machine(value, seen, conduct)).collect(),
        _ => Err(Judgement::fail(format!("{} printed JSON that is not a list", seen.command), seen)),
    }
}

fn read_machine(value: Value, seen: &Seen, conduct: &mut Conduct) -> Result<ProviderInstance, Judgement> {
    match serde_json::from_value::<ProviderInstance>(value) {
        Ok(machine) => {
            conduct.note_machine(machine.validate().err().map(|fault| fault.to_string()), seen);
            Ok(machine)
        }
        Err(fault) => {
            conduct.note_machine(Some(format!("a value is of the wrong type: {fault}")), seen);
            Err(Judgement::skip(format!("{} describes a machine in a way that cannot be read: see instance-json", seen.command)))
        }
    }
}
