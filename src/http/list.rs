//! Long lists: JSON arrays that are written page by page, so that no list is in memory as a whole, however long it is and however slowly
//! it is read.

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;

use super::Error;

/// A page of a list, and the position that the next one begins at; `None` = there is no next one.
pub(super) type Page<T, P> = (Vec<T>, Option<P>);

/// Answers the array of all pages. The first page is read before the answer begins, so that its failure is an answer of its own. If a later
/// one fails, the answer is cut off, which clients notice.
pub(super) async fn array<T, P>(
    page: impl Fn(Option<P>) -> BoxFuture<'static, Result<Page<T, P>, Error>> + Send + 'static,
) -> Result<Response, Error>
where
    T: Serialize + Send + 'static,
    P: Send + 'static,
{
    let (items, next) = page(None).await?;
    let mut first = vec![b'['];
    first.extend(values(&items)?);
    let Some(next) = next else {
        first.push(b']');
        return Ok(json(Body::from(first)));
    };
    let rest = stream::unfold((Some(next), page, first.len() > 1), async |(position, page, is_begun)| {
        let position = position?;
        let written = match page(Some(position)).await {
            Ok((items, next)) => values(&items).map(|values| (items.is_empty(), values, next)),
            Err(fault) => Err(fault),
        };
        // The reason is in the log.
        let Ok((is_empty, values, next)) = written else {
            return Some((Err(std::io::Error::other("the list could not be read to its end")), (None, page, is_begun)));
        };
        let mut chunk = if is_begun && !is_empty { vec![b','] } else { Vec::new() };
        chunk.extend(values);
        if next.is_none() {
            chunk.push(b']');
        }
        Some((Ok(Bytes::from(chunk)), (next, page, is_begun || !is_empty)))
    });
    Ok(json(Body::from_stream(stream::iter([Ok(Bytes::from(first))]).chain(rest))))
}

fn json(body: Body) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// The values of an array, without its brackets.
fn values<T: Serialize>(items: &[T]) -> Result<Vec<u8>, Error> {
    let mut text = serde_json::to_vec(items).map_err(|fault| Error::internal(&fault))?;
    text.pop();
    text.drain(..1);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    /// The answer for these pages; without one the page fails.
    async fn answer(pages: Vec<Option<Vec<u32>>>) -> Result<Response, Error> {
        array(move |position: Option<usize>| {
            let at = position.unwrap_or(0);
            let next = (at + 1 < pages.len()).then_some(at + 1);
            let page = pages[at].clone().map(|items| (items, next)).ok_or_else(Error::panicked);
            Box::pin(std::future::ready(page))
        })
        .await
    }

    #[tokio::test]
    async fn all_pages_are_one_array() {
        let table = [
            (vec![Some(vec![])], "[]"),
            (vec![Some(vec![1, 2])], "[1,2]"),
            (vec![Some(vec![1, 2]), Some(vec![3])], "[1,2,3]"),
            (vec![Some(vec![1]), Some(vec![2]), Some(vec![])], "[1,2]"),
            (vec![Some(vec![]), Some(vec![]), Some(vec![1]), Some(vec![]), Some(vec![2])], "[1,2]"),
            (vec![Some(vec![]), Some(vec![])], "[]"),
        ];
        for (pages, expected) in table {
            let answer = answer(pages).await.expect("the first page is there");
            assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
            assert_eq!(to_bytes(answer.into_body(), 100).await.expect("whole"), expected);
        }
    }

    #[tokio::test]
    async fn a_page_that_fails_is_an_error_or_cuts_the_answer_off() {
        assert!(answer(vec![None]).await.is_err());
        let answer = answer(vec![Some(vec![1]), None]).await.expect("the first page is there");
        assert!(to_bytes(answer.into_body(), 100).await.is_err(), "it must not look whole");
    }
}
