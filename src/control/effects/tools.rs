//! `RefreshTools`: fetches the list of runner downloads from the forge.

use super::context::EffectContext;
use super::outcome::Outcome;
use crate::control::places;
use crate::control::services::{Error, ForgeTurn};

pub(super) async fn run(context: &EffectContext) -> Result<Outcome, Error> {
    let entity = &context.view.entity;
    let call = async |forge: ForgeTurn| forge.list_tools(&entity.at).await;
    context
        .ask_forge(call, async |answer| match answer {
            Ok(tools) => {
                context.services.store.set_tools(entity.id, tools).await?;
                // Where something else has its name, only its number shows that.
                places::look_up(&context.services, entity.id).await?;
                Ok(Outcome::InRows)
            }
            Err(fault) => context.list_failed(&fault).await,
        })
        .await
}

/// A list that was not answered blocks the forge for a while.
pub(super) fn died(fault: String) -> Outcome {
    Outcome::ForgeBlocked { until: None, fault }
}
