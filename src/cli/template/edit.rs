//! `garm template edit`: opens a template in the user's editor until the server accepts it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::NamedTempFile;

use super::find;
use crate::api::{Base64, UpdateTemplateParams};
use crate::cli::output::{ask, note, somebody_is_there};
use crate::cli::{Context, Error};

/// Which template is edited, and how.
#[derive(Debug, Args)]
pub(in crate::cli) struct EditArgs {
    /// Name or number of the template
    template: String,
    /// The editor, with its own arguments
    #[arg(long, env = "EDITOR", hide_env_values = true, default_value = "vi")]
    editor: String,
    /// Accepted for older scripts: the editor is always a program of yours
    #[arg(long, hide = true)]
    external: bool,
}

impl EditArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        let found = find(&client, &self.template).await?;
        let before = found.data.unwrap_or_default().0;
        let file = write(&before, if found.os_type == "windows" { ".ps1" } else { ".sh" })?;
        loop {
            if let Err(fault) = self.edit(file.path()).await {
                return Err(fault.hint(keep(file)?));
            }
            let text = fs::read(file.path()).map_err(|fault| Error::from_fault("cannot read what was edited", &fault))?;
            if text == before {
                return out.said("no changes made");
            }
            if text.is_empty() {
                return out.said("changes discarded");
            }
            let params = UpdateTemplateParams { data: Some(Base64(text)), ..UpdateTemplateParams::default() };
            match client.templates().update(found.id, &params).await {
                Ok(changed) => {
                    out.said("changes saved successfully")?;
                    return if out.is_table() { Ok(()) } else { out.object(&changed, &[]) };
                }
                Err(fault) if somebody_is_there() => {
                    note(&Error::from(fault).to_string());
                    if ask("Enter to edit again, q to stop", "")? == "q" {
                        note(&keep(file)?);
                        return out.said("changes discarded");
                    }
                }
                Err(fault) => return Err(Error::from(fault).hint(keep(file)?)),
            }
        }
    }

    /// Runs the editor on a file, as a shell would.
    async fn edit(&self, path: &Path) -> Result<(), Error> {
        #[expect(clippy::disallowed_methods, reason = "the editor has the terminal, and as long as it likes")]
        let mut command = tokio::process::Command::new("sh");
        let ended = command.arg("-c").arg(format!("{} \"$1\"", self.editor)).arg("editor").arg(path).status().await;
        let ended = ended.map_err(|fault| Error::from_fault("cannot start the editor", &fault))?;
        if ended.success() {
            Ok(())
        } else {
            Err(Error::new(format!("the editor {:?} failed ({ended}); nothing was changed", self.editor)))
        }
    }
}

/// Writes a temporary file. Only its owner may read it, because templates may hold secrets.
fn write(text: &[u8], suffix: &str) -> Result<NamedTempFile, Error> {
    let made = tempfile::Builder::new().prefix("garm-template-").suffix(suffix).tempfile();
    let written = made.and_then(|mut file| {
        file.write_all(text)?;
        file.flush()?;
        Ok(file)
    });
    written.map_err(|fault| Error::from_fault("cannot make a file to edit", &fault))
}

/// Keeps the file and says where it is.
fn keep(file: NamedTempFile) -> Result<String, Error> {
    let path: PathBuf = file.into_temp_path().keep().map_err(|fault| Error::from_fault("cannot keep what was edited", &fault))?;
    Ok(format!("what was edited is in {}; template update --path takes it", path.display()))
}
