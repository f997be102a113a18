//! The downloads that forges offer to the runners of an entity.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::conn::on;
use super::schema::{entities as entities_table, tools};
use super::unit::Tx;
use super::{Error, Store, columns, entities, seals};
use crate::model::{Entity, EntityId, EventLevel, RunnerTool, RunnerVersions, SecretString};
use crate::time::Timestamp;

#[derive(Serialize, Deserialize)]
struct Sealed {
    os: String,
    architecture: String,
    download_url: String,
    filename: String,
    sha256_checksum: String,
    temp_download_token: String,
}

impl Store {
    /// The versions of the runner software that concern an entity.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn runner_versions(&self, entity: EntityId) -> Result<RunnerVersions, Error> {
        self.query(move |tx| Ok(facts(tx, entity)?.1)).await
    }

    /// The downloads last fetched for an entity, and when; `None` if none were. Those that do not open are forgotten.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tools(&self, entity: EntityId) -> Result<Option<(Timestamp, Vec<RunnerTool>)>, Error> {
        let key = entity.to_string();
        let place = seals::place_of_tools(&key);
        let row = self.query(move |tx| {
            let query = tools::table.find(&key).select((tools::fetched_at, tools::list));
            let row: Option<(i64, Vec<u8>)> = on!(&mut tx.conn, |c| query.first(c).optional())?;
            let Some((fetched_at, sealed)) = row else { return Ok(None) };
            let opened = tx.open_json::<Vec<Sealed>>(&sealed, &place);
            Ok(Some((fetched_at, opened, sealed)))
        });
        match row.await? {
            None => Ok(None),
            Some((fetched_at, Ok(list), _)) => {
                let tool = |tool: Sealed| RunnerTool {
                    os: tool.os,
                    architecture: tool.architecture,
                    download_url: tool.download_url,
                    filename: tool.filename,
                    sha256_checksum: tool.sha256_checksum,
                    temp_download_token: tool.temp_download_token,
                };
                Ok(Some((columns::time(fetched_at), list.into_iter().map(tool).collect())))
            }
            Some((_, Err(fault), sealed)) => {
                tracing::warn!(error = %fault, "the downloads are fetched again");
                self.write(move |tx| seals::forget_tools(tx, &entity.to_string(), &sealed)).await?;
                Ok(None)
            }
        }
    }

    /// Keeps what the forge offers now and what is known of versions, and tells people what there is to say of these.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_tools(
        &self,
        entity: EntityId,
        list: Vec<RunnerTool>,
        versions: RunnerVersions,
        told: Vec<(EventLevel, String)>,
    ) -> Result<(), Error> {
        self.write(move |tx| {
            if entities::find(tx, entity)?.is_none() {
                return Ok(());
            }
            let tool = |tool: RunnerTool| Sealed {
                os: tool.os,
                architecture: tool.architecture,
                download_url: tool.download_url,
                filename: tool.filename,
                sha256_checksum: tool.sha256_checksum,
                temp_download_token: tool.temp_download_token,
            };
            let list: Vec<Sealed> = list.into_iter().map(tool).collect();
            let key = entity.to_string();
            let sealed = tx.seal(&SecretString::from(columns::to_json(&list)), &seals::place_of_tools(&key));
            on!(&mut tx.conn, |c| diesel::delete(tools::table.find(&key)).execute(c))?;
            let values = (
                tools::entity_id.eq(&key),
                tools::fetched_at.eq(tx.now.as_micros()),
                tools::list.eq(sealed),
                tools::versions.eq(columns::to_json(&versions)),
            );
            on!(&mut tx.conn, |c| diesel::insert_into(tools::table).values(values).execute(c))?;
            told.iter().try_for_each(|(level, message)| entities::add_event(tx, entity, *level, message))
        })
        .await
    }
}

/// When the downloads of an entity were last fetched, and the versions that concern it.
pub(super) type Facts = (Option<Timestamp>, RunnerVersions);

fn facts(tx: &mut Tx<'_>, entity: EntityId) -> Result<Facts, Error> {
    let query = tools::table.find(entity.to_string()).select((tools::fetched_at, tools::versions));
    read(on!(&mut tx.conn, |c| query.first(c).optional())?)
}

/// An entity, and the facts about its downloads. One query for both, as each plan begins with it.
pub(super) fn with_entity(tx: &mut Tx<'_>, id: EntityId) -> Result<Option<(Entity, Facts)>, Error> {
    let query = entities_table::table.left_join(tools::table).filter(entities_table::id.eq(id.to_string()));
    let facts = (tools::fetched_at, tools::versions).nullable();
    let row: Option<(entities::Row, Option<(i64, String)>)> =
        on!(&mut tx.conn, |c| query.select((entities::Row::as_select(), facts)).first(c).optional())?;
    row.map(|(entity, facts)| Ok((entities::open(tx, entity)?, read(facts)?))).transpose()
}

fn read(row: Option<(i64, String)>) -> Result<Facts, Error> {
    let Some((at, versions)) = row else { return Ok((None, RunnerVersions::default())) };
    Ok((Some(columns::time(at)), columns::json("versions of runners", &versions)?))
}
