//! Webhook secrets that were replaced: good until the forge has the new one, and forgotten then.

use std::time::Duration;

use diesel::prelude::*;

use super::conn::on;
use super::schema::old_webhook_secrets;
use super::{Error, Store, columns, entities, seals};
use crate::model::{EntityId, EventLevel, SecretString};
use crate::time::Timestamp;

/// A webhook secret that was replaced.
#[derive(Clone, Debug)]
pub struct OldSecret {
    /// The entity that had it.
    pub entity: EntityId,
    /// The secret.
    pub secret: SecretString,
    /// Until when deliveries may be signed with it.
    pub until: Timestamp,
}

impl Store {
    /// Keeps the present webhook secret of an entity for so long beside the one that is set next. The one that was kept before is forgotten; with no
    /// time at all, the present one is not kept either.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_webhook_secret(&self, id: EntityId, overlap: Duration) -> Result<(), Error> {
        self.write(move |tx| {
            let key = id.to_string();
            on!(&mut tx.conn, |c| diesel::delete(old_webhook_secrets::table.find(&key)).execute(c))?;
            let present = entities::find(tx, id)?.and_then(|entity| entity.webhook_secret);
            let Some(secret) = present.filter(|_| !overlap.is_zero()) else { return Ok(()) };
            let until = tx.now.after(overlap);
            let values = (
                old_webhook_secrets::entity_id.eq(&key),
                old_webhook_secrets::secret.eq(tx.seal(&secret, &seals::place_of_old_webhook_secret(&key))),
                old_webhook_secrets::until.eq(until.as_micros()),
            );
            on!(&mut tx.conn, |c| diesel::insert_into(old_webhook_secrets::table).values(values).execute(c))?;
            let told = format!("the webhook secret is replaced; deliveries that are signed with the one before are believed until {until}");
            entities::add_event(tx, id, EventLevel::Info, &told)
        })
        .await
    }

    /// The replaced secrets that are still good, as far as they can be opened.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_old_secrets(&self) -> Result<Vec<OldSecret>, Error> {
        self.query(|tx| {
            let good = old_webhook_secrets::table.filter(old_webhook_secrets::until.gt(tx.now.as_micros()));
            let rows: Vec<(String, Vec<u8>, i64)> = on!(&mut tx.conn, |c| good.load(c))?;
            let mut secrets = Vec::new();
            for (entity, sealed, until) in rows {
                let Ok(secret) = tx.open(&sealed, &seals::place_of_old_webhook_secret(&entity)) else { continue };
                secrets.push(OldSecret { entity: columns::id("entity id", &entity)?, secret, until: columns::time(until) });
            }
            Ok(secrets)
        })
        .await
    }

    /// Removes the replaced secrets whose time is over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_old_secrets(&self) -> Result<(), Error> {
        self.write(|tx| {
            let over = old_webhook_secrets::table.filter(old_webhook_secrets::until.le(tx.now.as_micros()));
            on!(&mut tx.conn, |c| diesel::delete(over).execute(c))?;
            Ok(())
        })
        .await
    }
}
