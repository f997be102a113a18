//! The downloads that forges offer to the runners of an entity.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::conn::on;
use super::schema::tools;
use super::unit::Tx;
use super::{Error, Store, columns, entities};
use crate::model::{EntityId, RunnerTool, SecretString};
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
    /// The downloads last fetched for an entity, and when; `None` if none were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tools(&self, entity: EntityId) -> Result<Option<(Timestamp, Vec<RunnerTool>)>, Error> {
        self.read(move |tx| {
            let query = tools::table.find(entity.to_string()).select((tools::fetched_at, tools::list));
            let row: Option<(i64, Vec<u8>)> = on!(&mut tx.conn, |c| query.first(c).optional())?;
            let Some((fetched_at, sealed)) = row else { return Ok(None) };
            let list: Vec<Sealed> = tx.open_json(&sealed, || format!("the downloads of entity {entity}"))?;
            let tool = |tool: Sealed| RunnerTool {
                os: tool.os,
                architecture: tool.architecture,
                download_url: tool.download_url,
                filename: tool.filename,
                sha256_checksum: tool.sha256_checksum,
                temp_download_token: tool.temp_download_token,
            };
            Ok(Some((columns::time(fetched_at), list.into_iter().map(tool).collect())))
        })
        .await
    }

    /// Keeps what the forge offers now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_tools(&self, entity: EntityId, list: Vec<RunnerTool>) -> Result<(), Error> {
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
            let sealed = tx.seal(&SecretString::from(columns::to_json(&list)));
            on!(&mut tx.conn, |c| diesel::delete(tools::table.find(entity.to_string())).execute(c))?;
            let values = (tools::entity_id.eq(entity.to_string()), tools::fetched_at.eq(tx.now.as_micros()), tools::list.eq(sealed));
            on!(&mut tx.conn, |c| diesel::insert_into(tools::table).values(values).execute(c))?;
            Ok(())
        })
        .await
    }
}

/// When the downloads of an entity were last fetched.
pub(super) fn fetched_at(tx: &mut Tx<'_>, entity: EntityId) -> Result<Option<Timestamp>, Error> {
    let at: Option<i64> = on!(&mut tx.conn, |c| tools::table.find(entity.to_string()).select(tools::fetched_at).first(c).optional())?;
    Ok(columns::optional_time(at))
}
