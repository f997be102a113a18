//! Addresses on the web: of forges, of this server, of proxies.

use ::url::Url;

use super::text::{InvalidValue, bounded, is_unseen, trim};

/// The longest address, in bytes.
pub const URL_MAX: usize = 2048;

/// An http or https address: host in lower case and in ASCII, no default port.
///
/// # Errors
/// When it is no such address, or has a user name or password in it.
pub fn url(text: &str) -> Result<String, InvalidValue> {
    parse(text).map(|url| if url.query().is_some() || url.fragment().is_some() { url.into() } else { without_slash(&url) })
}

/// An http or https address to which paths can be appended: the same, without a slash at its end. A query and a fragment cannot be meant, because
/// no path can be appended behind them; they are left out.
///
/// # Errors
/// When it is no such address, or has a user name or a password in it.
pub fn base_url(text: &str) -> Result<String, InvalidValue> {
    let mut url = parse(text)?;
    url.set_query(None);
    url.set_fragment(None);
    Ok(without_slash(&url))
}

/// As [`base_url`], with the slash at its end that was typed: clients of upstream compare the address that they gave with the one that is shown.
///
/// # Errors
/// As [`base_url`].
pub fn root_url(text: &str) -> Result<String, InvalidValue> {
    let base = base_url(text)?;
    Ok(if trim(text).ends_with('/') { base + "/" } else { base })
}

/// An http or https address of a host alone, as that of a forge whose pages stand at the root of its host.
///
/// # Errors
/// As [`base_url`]; and when it has a path.
pub fn host_url(text: &str) -> Result<String, InvalidValue> {
    let base = base_url(text)?;
    let host_at = base.find("://").map_or(0, |at| at + 3);
    match base[host_at..].find('/') {
        None => Ok(base),
        Some(at) => Err(InvalidValue::of(&base, &format!("has a path; write the address of the host alone, {}", &base[..host_at + at]))),
    }
}

/// A stored address in the form of today. One that cannot be read stays as it is.
#[must_use]
pub fn stored_url(stored: String) -> String {
    base_url(&stored).unwrap_or(stored)
}

/// The site that an address is of: host, and port unless it is a default port. `http` and `https` are one site, because a proxy in front of a
/// forge may add the encryption.
#[must_use]
pub fn site(address: &str) -> Option<String> {
    let url = Url::parse(trim(address)).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?.trim_end_matches('.');
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn parse(text: &str) -> Result<Url, InvalidValue> {
    let text = bounded(trim(text), URL_MAX)?;
    // What stands before an @ may be a password.
    let refused = |why: &str| match text.rsplit_once('@') {
        Some((_, behind)) => InvalidValue::of(&format!("…@{behind}"), why),
        None => InvalidValue::of(text, why),
    };
    if text.contains(|c: char| c.is_whitespace() || is_unseen(c) || c == '\\') {
        return Err(refused("has a blank, a line end or a backslash in it; write it without"));
    }
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) {
        return Err(refused("is not an http or https URL; write it like https://host.example.com"));
    }
    let mut url = Url::parse(text).map_err(|fault| refused(&format!("is not a URL: {fault}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("has a user name or a password in it; leave them out"));
    }
    let host = url.domain().map(|host| host.trim_end_matches('.').to_owned());
    if let Some(host) = host {
        url.set_host(Some(&host)).map_err(|fault| refused(&format!("is not a URL: {fault}")))?;
    }
    if url.port() == Some(0) {
        return Err(refused("has port 0, which no server has; write the right port or none"));
    }
    Ok(url)
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
