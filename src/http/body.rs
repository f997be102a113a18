//! Reads bodies as upstream does: as JSON, with every content type. Machines send JSON that is labelled as a form.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use tokio::time::timeout;

use super::{App, Error};

/// The largest body of an API request: certificates and templates are the largest things sent.
pub(super) const API_BODY_MAX: usize = 2 * 1024 * 1024;

/// How long a body may take to arrive.
const DEADLINE: Duration = Duration::from_secs(30);

/// Fields that are objects of the API. The content of other objects belongs to the client, and stays as it is.
const OBJECTS: [&str; 2] = ["pat", "app"];

/// The first JSON value of a body, an object. `null` and an empty body are empty objects. The case of field names does not count.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &App) -> Result<Self, Error> {
        let bytes = bytes(request, API_BODY_MAX).await?;
        decode(&bytes).map(Self)
    }
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let text = bytes.trim_ascii();
    let text = if text.is_empty() || text == b"null" { b"{}" } else { text };
    let mut fields = object(text, "")?;
    for name in OBJECTS {
        if let Some(value) = fields.get_mut(name).filter(|value| value.get() != "null") {
            *value = to_raw_value(&object(value.get().as_bytes(), name)?).map_err(|fault| Error::internal(&fault))?;
        }
    }
    let folded = to_raw_value(&fields).map_err(|fault| Error::internal(&fault))?;
    let mut reader = serde_json::Deserializer::from_str(folded.get());
    serde_path_to_error::deserialize(&mut reader).map_err(|fault| {
        let path = fault.path().to_string();
        Error::bad_request(format!("invalid request: {path}: {}", fault.into_inner()))
    })
}

/// The fields of the object at the beginning of a text, by names in lower case. Lists are refused here, because decoders take them for objects.
fn object(text: &[u8], path: &str) -> Result<BTreeMap<String, Box<RawValue>>, Error> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let fields = BTreeMap::<String, Box<RawValue>>::deserialize(&mut reader).map_err(|fault| match fault.classify() {
        serde_json::error::Category::Data if path.is_empty() => Error::bad_request("invalid request: it must be a JSON object"),
        serde_json::error::Category::Data => Error::bad_request(format!("invalid request: {path}: it must be a JSON object")),
        _ => Error::bad_request(format!("invalid request: not JSON (line {}, column {})", fault.line(), fault.column())),
    })?;
    Ok(fields.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect())
}

/// The raw body, if it arrives in time. The router has limited its length; one that says beforehand that it is longer is not read.
pub(super) async fn bytes(request: Request, limit: usize) -> Result<Bytes, Error> {
    if request.body().size_hint().lower() > limit as u64 {
        return Err(Error::too_large(limit));
    }
    let read = timeout(DEADLINE, Bytes::from_request(request, &())).await.map_err(|_| Error::too_slow())?;
    read.map_err(|fault: BytesRejection| match fault.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::too_large(limit),
        _ => Error::bad_request("the body could not be read"),
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body as Stream;

    use super::*;
    use crate::api::{CreateCredentialsParams, CreatePoolParams};
    use crate::model::expose;

    #[test]
    fn field_names_are_read_whatever_their_case_and_what_is_the_users_stays() {
        let text = br#" {"Provider_Name": "p", "MAX_RUNNERS": 3, "extra_specs": {"Mixed": [1, "Case"]}, "unknown": 1} trailing"#;
        let params: CreatePoolParams = decode(text).expect("good");
        assert_eq!((params.provider_name.as_str(), params.max_runners), ("p", 3));
        assert_eq!(params.extra_specs.expect("given").get(), r#"{"Mixed": [1, "Case"]}"#);
        let params: CreateCredentialsParams = decode(br#"{"Pat": {"OAuth2_Token": "t"}, "app": null}"#).expect("good");
        assert_eq!(expose(&params.pat.expect("given").oauth2_token.0), "t");
        for nothing in [&b""[..], b"null", b"{}"] {
            assert_eq!(decode::<CreatePoolParams>(nothing).expect("an empty object").image, "");
        }
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        let table = [
            (&b"[]"[..], "it must be a JSON object"),
            (b"[\"p\", \"image\"]", "it must be a JSON object"),
            (b"1", "it must be a JSON object"),
            (b"{\"pat\": [\"t\"]}", "pat: it must be a JSON object"),
            (b"{\"name\": 1}", "name: invalid type"),
            (b"{\"name\"", "not JSON (line 1, column 7)"),
        ];
        for (text, expected) in table {
            let refused = format!("{:?}", decode::<CreateCredentialsParams>(text).map(drop).expect_err("it is no object"));
            assert!(refused.contains(expected), "{refused}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_given_up() {
        let never = Stream::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let refused = bytes(Request::new(never), API_BODY_MAX).await.expect_err("it does not arrive");
        assert!(format!("{refused:?}").contains("did not arrive in time"), "{refused:?}");
    }
}
