//! Bodies without secrets, for the trace of requests.

use serde_json::Value;

/// The fields whose values are secret.
const SECRET: [&str; 5] = ["password", "token", "oauth2_token", "private_key_bytes", "webhook_secret"];

/// A body without its secrets. Of a body that is not JSON only the length is shown, because any part may be secret.
pub(super) fn body(bytes: &[u8]) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            redact(&mut value);
            value.to_string()
        }
        Err(_) => format!("({} bytes that are not JSON)", bytes.len()),
    }
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if SECRET.contains(&name.as_str()) {
                    *value = Value::from("***");
                } else {
                    redact(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(redact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out_wherever_they_are() {
        let shown = body(br#"{"name":"x","pat":{"oauth2_token":"s3cret"},"list":[{"password":"s3cret"}]}"#);
        assert_eq!(shown, r#"{"list":[{"password":"***"}],"name":"x","pat":{"oauth2_token":"***"}}"#);
        assert_eq!(body(b"s3cret"), "(6 bytes that are not JSON)");
    }
}
