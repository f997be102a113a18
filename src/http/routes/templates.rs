//! Runner install templates.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};

use super::params::{field, optional};
use crate::api::{CreateTemplateParams, ErrorBody, RestoreTemplatesParams, Template, UpdateTemplateParams, paths};
use crate::control::shipped_templates;
use crate::http::auth::Admin;
use crate::http::body::Body;
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::{ForgeKind, OsType, TemplateId, values};
use crate::store::{NewTemplate, TemplateChange, TemplateFilter};
use crate::template;

/// The templates, without their texts.
#[utoipa::path(get, path = paths::TEMPLATES.template(), tag = "templates",
    params(("osType" = Option<String>, Query), ("forgeType" = Option<String>, Query), ("partialName" = Option<String>, Query)),
    responses((status = 200, body = Vec<Template>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn list_templates(
    _: Admin,
    State(app): State<App>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Vec<Template>>, Error> {
    let given = |name: &str| query.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let filter = TemplateFilter {
        os_type: given("osType").map(os_type).transpose()?,
        forge: given("forgeType").map(forge).transpose()?,
        part_of_name: given("partialName").map(str::to_owned),
    };
    let listed = app.store().list_templates(filter).await?;
    Ok(Json(listed.into_iter().map(|template| Template { data: None, ..Template::from(template) }).collect()))
}

/// One template.
#[utoipa::path(get, path = paths::TEMPLATE.template(), tag = "templates", params(("id" = i64, Path)),
    responses((status = 200, body = Template), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_template(_: Admin, State(app): State<App>, Path(id): Path<String>) -> Result<Json<Template>, Error> {
    let id = number(&id)?;
    let found = app.store().find_template(id).await?.ok_or_else(|| Error::not_found("template", id.0))?;
    Ok(Json(found.into()))
}

/// Stores a template.
#[utoipa::path(post, path = paths::TEMPLATES.template(), tag = "templates", request_body = CreateTemplateParams,
    responses((status = 200, body = Template), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn create_template(
    Admin(user): Admin,
    State(app): State<App>,
    Body(params): Body<CreateTemplateParams>,
) -> Result<Json<Template>, Error> {
    let new = NewTemplate {
        name: field("name", values::name(&params.name))?,
        description: field("description", values::text(&params.description))?,
        os_type: os_type(&params.os_type)?,
        forge: forge(&params.forge_type)?,
        data: text(params.data.0)?,
    };
    let made = app.store().create_template(new, user.username).await?;
    tracing::info!(template.name = %made.name, "template made");
    Ok(Json(made.into()))
}

/// Changes a template. Runners that are still booting get the new text.
#[utoipa::path(put, path = paths::TEMPLATE.template(), tag = "templates", params(("id" = i64, Path)), request_body = UpdateTemplateParams,
    responses((status = 200, body = Template), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn update_template(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
    Body(params): Body<UpdateTemplateParams>,
) -> Result<Json<Template>, Error> {
    let name = optional("name", params.name, |name| values::name(&name))?;
    let description = optional("description", params.description, |text| values::text(&text))?;
    let data = params.data.filter(|data| !data.0.is_empty()).map(|data| text(data.0)).transpose()?;
    let change = TemplateChange { name, description, data };
    Ok(Json(app.store().update_template(number(&id)?, change).await?.into()))
}

/// Removes a template that no pool uses. One that does not exist is removed.
#[utoipa::path(delete, path = paths::TEMPLATE.template(), tag = "templates", params(("id" = i64, Path)),
    responses((status = 200), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn delete_template(_: Admin, State(app): State<App>, Path(id): Path<String>) -> Result<(), Error> {
    Ok(app.store().delete_template(number(&id)?).await?)
}

/// Brings shipped templates back to what was shipped.
#[utoipa::path(post, path = paths::TEMPLATES_RESTORE.template(), tag = "templates", request_body = RestoreTemplatesParams,
    responses((status = 200), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn restore_templates(
    _: Admin,
    State(app): State<App>,
    Body(params): Body<RestoreTemplatesParams>,
) -> Result<(), Error> {
    let wanted = if params.restore_all {
        shipped_templates(None, None)
    } else {
        let (kind, os_type) = (ForgeKind::from_word(&params.forge), OsType::from_word(&params.os_type));
        let found = kind.zip(os_type).map(|(kind, os_type)| shipped_templates(Some(kind), Some(os_type))).unwrap_or_default();
        if found.is_empty() {
            return Err(Error::not_found("shipped template", format!("for forge {:?} and system {:?}", params.forge, params.os_type)));
        }
        found
    };
    Ok(app.store().restore_system_templates(wanted).await?)
}

fn number(given: &str) -> Result<TemplateId, Error> {
    given.parse().map(TemplateId).map_err(|_| Error::bad_request(format!("invalid value for \"templateID\": {given:?} is no number")))
}

fn os_type(word: &str) -> Result<OsType, Error> {
    field("invalid OS type", values::os_type(word))
}

fn forge(word: &str) -> Result<ForgeKind, Error> {
    let unknown = || {
        let known: Vec<_> = ForgeKind::ALL.iter().map(|kind| format!("{:?}", kind.as_str())).collect();
        Error::bad_request(format!("invalid forge type: {word:?} is neither {}", known.join(" nor ")))
    };
    ForgeKind::from_word(&values::trim(word).to_lowercase()).ok_or_else(unknown)
}

/// A text that can be rendered, as far as that can be said without a machine to render it for.
fn text(data: Vec<u8>) -> Result<String, Error> {
    let refused = |why: &str| Error::bad_request(format!("failed to validate template: {why}"));
    let text = String::from_utf8(data).map_err(|_| refused("it is not UTF-8 text"))?;
    if text.trim().is_empty() {
        return Err(refused("it is empty"));
    }
    template::Template::parse(&text).map_err(|fault| refused(&format!("invalid template: {fault}")))?;
    Ok(text)
}
