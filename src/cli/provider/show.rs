//! `garm provider show`: the settings, the schemas and the calls of a provider.

use serde_json::Value;

use crate::api::{ProviderCall, ProviderCalls, ProviderDetails};
use crate::cli::output::{self, comparison_table, field_of_lines, fields_table, time};
use crate::cli::{Context, Error, names};
use crate::model::visible;

pub(super) async fn show(context: &Context, name: &str) -> Result<(), Error> {
    let client = context.client()?;
    let details = match client.providers().get(name).await {
        Ok(details) => details,
        Err(fault) => return Err(names::with_closest(fault, name, client.providers().list(), |provider| &provider.name).await),
    };
    if context.out.format == output::Format::Json {
        return context.out.object(&details, &[]);
    }
    output::line(&fields_table(&fields(&details)))?;
    for (title, schema) in
        [("Extra specs of a pool", &details.extra_specs_schema), ("Configuration file of the provider", &details.config_schema)]
    {
        match schema.as_ref().map(rows) {
            None => output::line(&format!("\n{title}: the provider offers no schema; it takes what it documents"))?,
            Some(rows) if rows.is_empty() => output::line(&format!("\n{title}: the provider's schema names no keys"))?,
            Some(rows) => output::line(&format!("\n{title}:\n{}", key_table(&rows)))?,
        }
    }
    if details.calls.is_empty() {
        return output::line("\nCalls since the server started: none");
    }
    let header = ["COMMAND", "CALLS", "FAILED", "RUNNING", "MEAN", "HALF WITHIN", "95% WITHIN"];
    let figures: Vec<Vec<String>> = details.calls.iter().map(figures).collect();
    output::line(&format!("\nCalls since the server started:\n{}", comparison_table(&header, &figures)))?;
    for calls in &details.calls {
        if let Some(last) = &calls.last {
            output::line(&last_words(&calls.command, last))?;
        }
    }
    Ok(())
}

fn fields(details: &ProviderDetails) -> Vec<(&'static str, String)> {
    let unknown = || "the provider cannot say".to_owned();
    let versions = details.supported_interface_versions.join(", ");
    vec![
        ("Name", details.provider.name.clone()),
        ("Type", details.provider.kind.clone()),
        ("Description", details.provider.description.clone()),
        ("Executable", details.executable.clone()),
        ("Configuration file", details.config_file.clone()),
        ("Just-in-time configurations", if details.jit { "yes" } else { "no" }.to_owned()),
        ("Version", details.version.clone().unwrap_or_else(unknown)),
        ("Interface version in use", details.interface_version.clone()),
        ("Interface versions spoken", if versions.is_empty() { unknown() } else { versions }),
        ("Time limit of a call", format!("{} s", details.time_limit)),
        ("Calls at once", details.max_parallel_calls.to_string()),
    ]
}

fn key_table(rows: &[(String, String)]) -> String {
    fields_table(&rows.iter().flat_map(|(key, value)| field_of_lines(key, value.lines())).collect::<Vec<_>>())
}

/// The keys of a JSON schema's object and a description of each. Keys of nested objects have a dot.
fn rows(schema: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(schema, "", &mut found);
    found
}

fn walk(schema: &Value, prefix: &str, found: &mut Vec<(String, String)>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let required = |key: &str| {
        let names = schema.get("required").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|name| name == key))
    };
    for (key, property) in properties {
        let path = format!("{prefix}{key}");
        found.push((path.clone(), about(property, required(key))));
        walk(property, &format!("{path}."), found);
    }
}

fn about(property: &Value, required: bool) -> String {
    let text = |name: &str| property.get(name).and_then(Value::as_str).map(str::to_owned);
    let kind = match property.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    };
    let kind = match property.get("items").and_then(|items| items.get("type")).and_then(Value::as_str) {
        Some(item) => format!("{kind} of {item}"),
        None => kind,
    };
    let list = |name: &str| {
        let values = property.get(name)?.as_array()?;
        Some(values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
    };
    let parts = [
        Some(kind),
        required.then(|| "required".to_owned()),
        list("enum").map(|values| format!("one of {values}")),
        property.get("default").map(|value| format!("default {value}")),
        property.get("minimum").map(|value| format!("at least {value}")),
        property.get("maximum").map(|value| format!("at most {value}")),
    ];
    let head = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    match text("description").or_else(|| text("title")) {
        Some(description) => format!("{head}\n{description}"),
        None => head,
    }
}

fn figures(calls: &ProviderCalls) -> Vec<String> {
    #[expect(clippy::cast_precision_loss, reason = "a mean for people")]
    let mean = if calls.ended == 0 { String::new() } else { format!("{:.2} s", calls.seconds / calls.ended as f64) };
    vec![
        calls.command.clone(),
        calls.ended.to_string(),
        calls.failed.to_string(),
        calls.running.to_string(),
        mean,
        within(calls, 50),
        within(calls, 95),
    ]
}

/// The bound that this percentage of the calls did not exceed.
fn within(calls: &ProviderCalls, percent: u64) -> String {
    let wanted = (calls.ended * percent).div_ceil(100);
    if wanted == 0 {
        return String::new();
    }
    match calls.buckets.iter().find(|bucket| bucket.count >= wanted) {
        Some(bucket) => format!("{} s", bucket.le),
        None => calls.buckets.last().map_or_else(String::new, |bucket| format!("more than {} s", bucket.le)),
    }
}

fn last_words(command: &str, last: &ProviderCall) -> String {
    let outcome = last.fault.as_deref().unwrap_or("succeeded");
    let mut text = format!("\nLast {command}, {} ({:.2} s): {}", time(last.at), last.seconds, visible(outcome));
    for line in last.stderr.trim_end().lines() {
        text.push_str("\n  ");
        text.push_str(&visible(line));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::DurationBucket;
    use serde_json::json;

    #[test]
    fn a_schema_is_told_key_by_key() {
        let schema = json!({
            "required": ["zone"],
            "properties": {
                "zone": {"type": "string", "enum": ["a", "b"], "description": "where"},
                "disk": {"type": "object", "properties": {"size": {"type": "integer", "default": 10, "minimum": 1}}},
                "tags": {"type": "array", "items": {"type": "string"}}
            }
        });
        let told = rows(&schema);
        let of = |key: &str| told.iter().find(|(known, _)| known == key).map(|(_, about)| about.as_str());
        assert_eq!(of("zone"), Some("string, required, one of \"a\", \"b\"\nwhere"));
        assert_eq!(of("disk.size"), Some("integer, default 10, at least 1"));
        assert_eq!(of("tags"), Some("array of string"));
    }

    #[test]
    fn a_bound_covers_the_share_that_was_asked_for() {
        let bucket = |le: f64, count| DurationBucket { le, count };
        let calls = ProviderCalls { ended: 10, buckets: vec![bucket(1.0, 4), bucket(5.0, 6), bucket(60.0, 9)], ..ProviderCalls::default() };
        assert_eq!((within(&calls, 50).as_str(), within(&calls, 95).as_str()), ("5 s", "more than 60 s"));
        assert_eq!(within(&ProviderCalls::default(), 50), "");
    }
}
