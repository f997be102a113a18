//! Pages of a list, and the links from one to the others.

use axum::Json;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::refused::header_value;

/// Page size when a request names none, and the largest that is given.
const PER_PAGE: (usize, usize) = (30, 100);

/// One page of a list, with the links to the others.
pub(super) struct Page<'a> {
    uri: &'a Uri,
    base: String,
    number: usize,
    size: usize,
}

impl<'a> Page<'a> {
    pub(super) fn of(uri: &'a Uri, base: String) -> Self {
        let number = |key| query(uri, key).and_then(|text| text.parse::<usize>().ok()).filter(|&number| number > 0);
        Self { uri, base, number: number("page").unwrap_or(1), size: number("per_page").unwrap_or(PER_PAGE.0).min(PER_PAGE.1) }
    }

    fn of_items<T>(&self, items: Vec<T>) -> Vec<T> {
        items.into_iter().skip((self.number - 1).saturating_mul(self.size)).take(self.size).collect()
    }

    /// The `Link` header for a list of this many items; none when all are on one page.
    fn links(&self, total: usize) -> Option<HeaderValue> {
        let last = total.div_ceil(self.size).max(1);
        let mut links = Vec::new();
        if self.number > 1 {
            links.push(self.link((self.number - 1).min(last), "prev"));
        }
        if self.number < last {
            links.push(self.link(self.number + 1, "next"));
            links.push(self.link(last, "last"));
        }
        if self.number > 1 {
            links.push(self.link(1, "first"));
        }
        (!links.is_empty()).then(|| header_value(&links.join(", ")))
    }

    fn link(&self, page: usize, rel: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let old = self.uri.query().unwrap_or_default();
        query.extend_pairs(form_urlencoded::parse(old.as_bytes()).filter(|(key, _)| key != "page"));
        query.append_pair("page", &page.to_string());
        format!("<{}{}?{}>; rel=\"{rel}\"", self.base, self.uri.path(), query.finish())
    }
}

/// A query parameter.
pub(super) fn query(uri: &Uri, key: &str) -> Option<String> {
    let query = uri.query()?;
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == key).map(|(_, value)| value.into_owned())
}

/// A page of a list whose items are under `key`.
pub(super) fn list(page: &Page<'_>, key: &str, items: Vec<Value>) -> Response {
    let total = items.len();
    let body = json!({ "total_count": total, key: page.of_items(items) });
    let mut response = Json(body).into_response();
    if let Some(links) = page.links(total) {
        response.headers_mut().insert(header::LINK, links);
    }
    response
}

/// A page of a list that is nothing but its items.
pub(super) fn bare_list(page: &Page<'_>, items: Vec<Value>) -> Response {
    let links = page.links(items.len());
    let mut response = Json(page.of_items(items)).into_response();
    if let Some(links) = links {
        response.headers_mut().insert(header::LINK, links);
    }
    response
}
