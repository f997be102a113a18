//! Reads bodies as upstream does: as JSON, with every content type. Machines send JSON that is labelled as a form.
//!
//! A body takes room in memory from its first byte on, and all bodies together have a limit ([`Bodies`]). Large ones are parsed where they delay no
//! other request.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body as Stream, Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use hyper::body::Frame;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::Span;

use super::bodies::{Bodies, Room};
use super::{App, Error};

/// The largest body of an API request: certificates and templates are the largest things sent.
const API_BODY_MAX: usize = 2 * 1024 * 1024;

/// The largest body of a request that needs no token: names and a password.
const STRANGERS_BODY_MAX: usize = 16 * 1024;

/// How long a body may take to arrive.
const DEADLINE: Duration = Duration::from_secs(30);

/// The length from which on a body is parsed on a thread of its own, in bytes: a smaller one takes less time than the way there and back.
const LARGE: usize = 64 * 1024;

/// How many large bodies are parsed at once. More would take the processors from everything else.
static LARGE_AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Fields that are objects of the API. The content of other objects belongs to the client, and stays as it is.
const OBJECTS: [&str; 2] = ["pat", "app"];

/// The first JSON value of a body, an object. `null` and an empty body are empty objects. The case of field names does not count.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<App> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let whole = Whole::read(&app.bodies, request, API_BODY_MAX).await?;
        whole.parse(decode).await?.map(Self)
    }
}

/// A body that has arrived, with its room. Clones share both.
#[derive(Clone, Debug)]
pub(super) struct Whole(Arc<(Vec<u8>, Room)>);

impl Whole {
    /// Reads a body of at most so many bytes, if it arrives in time. One that says beforehand that it is longer is not read.
    pub(super) async fn read(bodies: &Bodies, request: Request, limit: usize) -> Result<Self, Error> {
        if request.body().size_hint().lower() > limit as u64 {
            return Err(Error::too_large(limit));
        }
        let mut room = bodies.begin();
        let bytes = timeout(DEADLINE, arrive(&mut room, request, limit)).await.map_err(|_| Error::too_slow())??;
        room.is_whole();
        Ok(Self(Arc::new((bytes, room))))
    }

    /// Does with the bytes what takes longer the more there are.
    pub(super) async fn parse<T: Send + 'static>(&self, work: impl FnOnce(&[u8]) -> T + Send + 'static) -> Result<T, Error> {
        if self.0.0.len() < LARGE {
            return Ok(work(&self.0.0));
        }
        let _turn = LARGE_AT_ONCE.acquire().await.expect("it is never closed");
        let (whole, span) = (self.clone(), Span::current());
        let done = tokio::task::spawn_blocking(move || span.in_scope(|| work(&whole.0.0))).await;
        done.map_err(|fault| Error::internal(&fault))
    }
}

async fn next_frame(body: &mut Stream) -> Option<Result<Frame<Bytes>, axum::Error>> {
    poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
}

async fn arrive(room: &mut Room, request: Request, limit: usize) -> Result<Vec<u8>, Error> {
    // In pieces, because those of a body that makes room can be used for any other one at once.
    let (mut body, mut pieces, mut length) = (request.into_body(), Vec::new(), 0);
    loop {
        let frame = tokio::select! {
            frame = next_frame(&mut body) => frame,
            () = room.gives_way() => return Err(Error::no_room()),
        };
        let Some(frame) = frame else { return Ok(pieces.concat()) };
        let frame = frame.map_err(|_| Error::bad_request("the body could not be read"))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length > limit {
            return Err(Error::too_large(limit));
        }
        room.grow(data.len()).await.map_err(|_| Error::no_room())?;
        // A copy: the original is a part of the connection's buffer, which is larger.
        pieces.push(data.to_vec());
    }
}

/// As [`Body`], from a caller who has shown no token yet.
pub(super) struct StrangersBody<T>(pub(super) T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<App> for StrangersBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        Whole::read(&app.bodies, request, STRANGERS_BODY_MAX).await?.parse(decode).await?.map(Self)
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

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

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
        let refused = Whole::read(&Bodies::new(100), Request::new(never), 10).await.expect_err("it does not arrive");
        assert!(format!("{refused:?}").contains("did not arrive in time"), "{refused:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn where_there_is_no_room_the_oldest_body_that_is_held_back_is_given_up() {
        let (bodies, first) = (Bodies::new(100), Bytes::from_static(&[b' '; 60]));
        let held_back = futures_util::stream::iter([Ok::<_, std::io::Error>(first.clone())]).chain(futures_util::stream::pending());
        let held_back = Whole::read(&bodies, Request::new(Stream::from_stream(held_back)), 70);
        let comes = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Whole::read(&bodies, Request::new(Stream::from(first)), 70).await
        };
        let (held_back, comes) = tokio::join!(held_back, comes);
        assert!(format!("{:?}", held_back.expect_err("it gives way")).contains("too many"));
        let length = comes.expect("there is room").parse(<[u8]>::len).await.expect("no panic");
        assert_eq!(length, 60);
    }

    #[tokio::test]
    async fn what_is_longer_than_allowed_is_refused_however_it_is_sent() {
        for body in
            [Stream::from(vec![b' '; 11]), Stream::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>(vec![b' '; 11])]))]
        {
            let refused = Whole::read(&Bodies::new(100), Request::new(body), 10).await.expect_err("it is too long");
            assert!(format!("{refused:?}").contains("at most 10 bytes"), "{refused:?}");
        }
    }
}
