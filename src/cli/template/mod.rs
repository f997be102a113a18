//! `garm template`: templates, the scripts that install runners.

mod edit;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use self::edit::EditArgs;
use super::output::{Column, done, time};
use super::{Context, Error, changes, names, read_file};
use crate::api::{Base64, CreateTemplateParams, RestoreTemplatesParams, Template, UpdateTemplateParams};
use crate::client::{Client, TemplateFilter};

/// The largest template that is sent, in bytes. Install scripts have a tenth of it.
const TEMPLATE_MAX: usize = 1 << 20;

/// Manages templates, the scripts that install runners.
#[derive(Debug, Subcommand)]
pub(super) enum TemplateCommand {
    /// Lists the templates
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Shows a template without its text
    #[command(visible_alias = "get")]
    Show {
        /// Name or number of the template
        template: String,
    },
    /// Stores a template from a file
    #[command(visible_alias = "add")]
    Create(CreateArgs),
    /// Changes a template
    #[command(group = changes(["name", "description", "path"]))]
    Update(UpdateArgs),
    /// Stores a copy under another name
    #[command(visible_aliases = ["clone", "cp"])]
    Copy(CopyArgs),
    /// Writes the text of a template to a new file
    Download {
        /// Name or number of the template
        template: String,
        /// The file; it must not exist yet
        #[arg(long)]
        path: PathBuf,
    },
    /// Opens the text of a template in your editor and stores it when the editor ends
    Edit(EditArgs),
    /// Restores the templates that came with the program
    Restore(RestoreArgs),
    /// Removes a template that no pool uses
    #[command(visible_aliases = ["rm", "remove"])]
    Delete {
        /// Name or number of the template
        template: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only those whose name contains this text
    #[arg(long)]
    name: Option<String>,
    /// Only those for this system: linux or windows
    #[arg(long)]
    os_type: Option<String>,
    /// Only those for this kind of forge: github or gitea
    #[arg(long)]
    forge_type: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// Unique name
    #[arg(long)]
    name: String,
    /// Free text
    #[arg(long, default_value = "")]
    description: String,
    /// The system that the template is for: linux or windows
    #[arg(long)]
    os_type: String,
    /// The kind of forge that runners register with: github, or gitea (stored only: this version does not serve it)
    #[arg(long)]
    forge_type: String,
    /// File with the text, in the language of Go's text/template
    #[arg(long)]
    path: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct UpdateArgs {
    /// Name or number of the template
    template: String,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// Free text
    #[arg(long)]
    description: Option<String>,
    /// File with the new text
    #[arg(long)]
    path: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct CopyArgs {
    /// Name or number of the template
    template: String,
    /// Name of the copy
    name: String,
    /// Free text [default: the text of the template]
    #[arg(long)]
    description: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// Only the one for this kind of forge [default: all]
    #[arg(long, requires = "os_type")]
    forge_type: Option<String>,
    /// Only the one for this system [default: all]
    #[arg(long, requires = "forge_type")]
    os_type: Option<String>,
}

impl TemplateCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        let template = match self {
            Self::List(args) => {
                let filter = TemplateFilter { name: args.name, os_type: args.os_type, forge_type: args.forge_type };
                return out.list(&client.templates().list(&filter).await?, &COLUMNS);
            }
            Self::Download { template, path } => {
                let text = find(&client, &template).await?.data.unwrap_or_default().0;
                return write_new(&path, &text);
            }
            Self::Edit(args) => return args.run(context).await,
            Self::Restore(args) => {
                let params = RestoreTemplatesParams {
                    restore_all: args.forge_type.is_none(),
                    forge: args.forge_type.unwrap_or_default(),
                    os_type: args.os_type.unwrap_or_default(),
                };
                client.templates().restore(&params).await?;
                return out.said("templates restored successfully");
            }
            Self::Delete { template } => {
                let found = find(&client, &template).await?;
                client.templates().delete(found.id).await?;
                done("removed");
                return Ok(());
            }
            Self::Show { template } => find(&client, &template).await?,
            Self::Create(args) => {
                let params = CreateTemplateParams {
                    name: args.name,
                    description: args.description,
                    data: read(&args.path)?,
                    os_type: args.os_type,
                    forge_type: args.forge_type,
                };
                client.templates().create(&params).await?
            }
            Self::Update(args) => {
                let found = find(&client, &args.template).await?;
                let data = args.path.as_deref().map(read).transpose()?;
                let params = UpdateTemplateParams { name: args.name, description: args.description, data };
                client.templates().update(found.id, &params).await?
            }
            Self::Copy(args) => {
                let found = find(&client, &args.template).await?;
                let params = CreateTemplateParams {
                    name: args.name,
                    description: args.description.unwrap_or(found.description),
                    data: found.data.unwrap_or_default(),
                    os_type: found.os_type,
                    forge_type: found.forge_type,
                };
                client.templates().create(&params).await?
            }
        };
        out.object(&template, &fields(&template))
    }
}

/// Finds a template by name or, if no template has this name, by number. It has its text.
pub(super) async fn find(client: &Client, given: &str) -> Result<Template, Error> {
    let known = client.templates().list(&TemplateFilter::default()).await?;
    let found =
        names::choose("there is no template", given, known, |known| known.name.clone(), |known| known.id.to_string(), "use its number")?;
    Ok(client.templates().get(found.id).await?)
}

fn read(path: &Path) -> Result<Base64, Error> {
    let text = read_file(path)?;
    if text.len() > TEMPLATE_MAX {
        return Err(Error::new(format!("{} has {} bytes; a template may have {TEMPLATE_MAX}", path.display(), text.len())));
    }
    Ok(Base64(text))
}

/// Writes a new file. Only its owner may read it, because templates may hold secrets.
fn write_new(path: &Path, text: &[u8]) -> Result<(), Error> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(text));
    written.map_err(|fault| Error::from_fault(&format!("cannot write {}", path.display()), &fault))
}

const COLUMNS: [Column<Template>; 6] = [
    Column::number("ID", |template| template.id.to_string()),
    Column::text("Name", |template| template.name.clone()),
    Column::text("Description", |template| template.description.clone()),
    Column::text("Forge Type", |template| template.forge_type.clone()),
    Column::text("OS Type", |template| template.os_type.clone()),
    Column::text("Owner", |template| template.owner_id.clone()),
];

fn fields(template: &Template) -> Vec<(&'static str, String)> {
    vec![
        ("ID", template.id.to_string()),
        ("Created At", time(template.created_at)),
        ("Updated At", time(template.updated_at)),
        ("Name", template.name.clone()),
        ("Description", template.description.clone()),
        ("Owner", template.owner_id.clone()),
        ("Forge Type", template.forge_type.clone()),
        ("OS Type", template.os_type.clone()),
    ]
}
