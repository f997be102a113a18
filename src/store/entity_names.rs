//! Names of the entities that use an endpoint or credentials: they keep it from being deleted.

use diesel::prelude::*;

use super::conn::on;
use super::schema::entities;
use super::unit::Tx;
use super::{Error, columns};
use crate::model::CredentialsId;

/// Names of the entities that use credentials.
pub(super) fn names_with_credentials(tx: &mut Tx<'_>, id: CredentialsId) -> Result<Vec<String>, Error> {
    let is_among_more = entities::more_credentials.ne("[]");
    let query = entities::table.filter(entities::credentials_id.eq(id.0).or(is_among_more)).order(entities::created_at);
    let selected = (entities::owner, entities::name, entities::credentials_id, entities::more_credentials);
    let rows: Vec<(String, String, i64, String)> = on!(&mut tx.conn, |c| query.select(selected).load(c))?;
    let mut names = Vec::new();
    for (owner, name, first, more) in rows {
        if first == id.0 || columns::json::<Vec<CredentialsId>>("numbers of credentials", &more)?.contains(&id) {
            names.push(path((owner, name)));
        }
    }
    Ok(names)
}

/// Names of the entities at an endpoint.
pub(super) fn names_at_endpoint(tx: &mut Tx<'_>, endpoint: &str) -> Result<Vec<String>, Error> {
    let query = entities::table.filter(entities::endpoint.eq(endpoint)).order(entities::created_at);
    let rows: Vec<(String, String)> = on!(&mut tx.conn, |c| query.select((entities::owner, entities::name)).load(c))?;
    Ok(rows.into_iter().map(path).collect())
}

fn path((owner, name): (String, String)) -> String {
    if owner.is_empty() { name } else { format!("{owner}/{name}") }
}
