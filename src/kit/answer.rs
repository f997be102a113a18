//! Reads the JSON of an answer. A fault of its form is noted once for all calls, and the check that needs the answer is skipped.

use garm_provider_protocol::ProviderInstance;
use serde_json::{Deserializer, Value};

use super::conduct::Conduct;
use super::judgement::Judgement;
use super::response::Response;

/// The JSON value an answer begins with.
pub(super) fn value(response: &Response, conduct: &mut Conduct) -> Result<Value, Judgement> {
    let unreadable = || Judgement::skip(format!("{} printed something else than JSON: see stdout-json", response.command));
    if response.stdout.trim_ascii().is_empty() {
        conduct.note_json(Some("standard output is empty".to_owned()), response);
        return Err(unreadable());
    }
    let mut stream = Deserializer::from_slice(&response.stdout).into_iter::<Value>();
    match stream.next() {
        Some(Ok(value)) => {
            let rest = response.stdout.get(stream.byte_offset()..).unwrap_or_default().trim_ascii();
            conduct.note_json((!rest.is_empty()).then(|| "something follows the JSON".to_owned()), response);
            Ok(value)
        }
        Some(Err(fault)) => {
            conduct.note_json(Some(format!("this is not JSON, line {} column {}", fault.line(), fault.column())), response);
            Err(unreadable())
        }
        None => Err(unreadable()),
    }
}

/// The machine an answer describes.
pub(super) fn machine(response: &Response, conduct: &mut Conduct) -> Result<ProviderInstance, Judgement> {
    let value = value(response, conduct)?;
    read_machine(value, response, conduct)
}

/// The machines an answer lists. `null` is how a Go program prints a list that was never filled.
pub(super) fn machines(response: &Response, conduct: &mut Conduct) -> Result<Vec<ProviderInstance>, Judgement> {
    match value(response, conduct)? {
        Value::Null => Ok(Vec::new()),
        Value::Array(all) => all.into_iter().map(|value| read_machine(value, response, conduct)).collect(),
        _ => Err(Judgement::fail(format!("{} printed JSON that is not a list", response.command), response)),
    }
}

fn read_machine(value: Value, response: &Response, conduct: &mut Conduct) -> Result<ProviderInstance, Judgement> {
    match serde_json::from_value::<ProviderInstance>(value) {
        Ok(machine) => {
            conduct.note_machine(machine.validate().err().map(|fault| fault.to_string()), response);
            Ok(machine)
        }
        Err(fault) => {
            conduct.note_machine(Some(format!("a value is of the wrong type: {fault}")), response);
            Err(Judgement::skip(format!("{} describes a machine in a way that cannot be read: see instance-json", response.command)))
        }
    }
}
