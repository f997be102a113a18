//! The operations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use garm_provider_protocol::{BootstrapInstance, Call, ExternalProvider, Failure, ProviderInstance};
use secrecy::{ExposeSecret, SecretString};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::clouds::Cloud;
use crate::config::Config;
use crate::error::Error;
use crate::glance::{self, Image};
use crate::neutron;
use crate::nova::Nova;
use crate::schema;
use crate::server::{CONTROLLER, POOL, Server, tags};
use crate::session::Session;
use crate::specs::{Machine, Specs};

/// The most user data Nova takes, in base64.
const USER_DATA_MAX: usize = 65_535;

/// Servers in Nova.
pub(crate) struct OpenStack;

impl ExternalProvider for OpenStack {
    fn create_instance(&self, call: &Call, bootstrap: &BootstrapInstance) -> Result<ProviderInstance, Failure> {
        on(create(call, bootstrap)).map(ProviderInstance::from)
    }

    fn delete_instance(&self, call: &Call, instance: &str) -> Result<(), Failure> {
        on(async {
            let (config, session) = sign_in(call).await?;
            let nova = Nova::of(&session, &call.controller_id)?;
            nova.remove(&nova.find(instance).await?, limit(&config)).await
        })
    }

    fn get_instance(&self, call: &Call, instance: &str) -> Result<ProviderInstance, Failure> {
        on(async {
            let (_, session) = sign_in(call).await?;
            Nova::of(&session, &call.controller_id)?.get(instance).await.map(ProviderInstance::from)
        })
    }

    fn list_instances(&self, call: &Call) -> Result<Vec<ProviderInstance>, Failure> {
        on(async {
            let (_, session) = sign_in(call).await?;
            let servers = Nova::of(&session, &call.controller_id)?.in_pool(&call.pool_id).await?;
            Ok(servers.into_iter().map(ProviderInstance::from).collect())
        })
    }

    fn remove_all_instances(&self, call: &Call) -> Result<(), Failure> {
        on(async {
            let (config, session) = sign_in(call).await?;
            let nova = Nova::of(&session, &call.controller_id)?;
            nova.remove(&nova.all().await?, limit(&config)).await
        })
    }

    fn start_instance(&self, call: &Call, instance: &str) -> Result<(), Failure> {
        bring(call, instance, "os-start", "ACTIVE")
    }

    fn stop_instance(&self, call: &Call, instance: &str) -> Result<(), Failure> {
        bring(call, instance, "os-stop", "SHUTOFF")
    }

    fn version(&self) -> String {
        concat!("v", env!("CARGO_PKG_VERSION")).to_owned()
    }

    fn validate_pool_info(&self, call: &Call) -> Result<(), Failure> {
        Ok(Specs::read(Some(&call.extra_specs)).map(drop)?)
    }

    fn config_json_schema(&self) -> String {
        schema::config().to_string()
    }

    fn extra_specs_json_schema(&self) -> String {
        schema::extra_specs().to_string()
    }
}

/// Runs what waits for the network.
fn on<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    Ok(runtime.block_on(work)?)
}

async fn sign_in(call: &Call) -> Result<(Config, Session), Error> {
    let config = Config::load(call)?;
    let session = Session::open(Cloud::load(&config.cloud, &config.credentials)?).await?;
    Ok((config, session))
}

fn limit(config: &Config) -> Instant {
    Instant::now() + config.wait()
}

fn bring(call: &Call, instance: &str, action: &str, status: &str) -> Result<(), Failure> {
    on(async {
        let (config, session) = sign_in(call).await?;
        let nova = Nova::of(&session, &call.controller_id)?;
        nova.bring(nova.get(instance).await?, action, status, limit(&config)).await
    })
}

/// Makes a server and waits until it runs. What does not come to run is deleted.
async fn create(call: &Call, bootstrap: &BootstrapInstance) -> Result<Server, Error> {
    let config = Config::load(call)?;
    let machine = Specs::read(bootstrap.extra_specs.as_deref().map(RawValue::get))?.machine(&config);
    let user_data = user_data(bootstrap, &machine)?;
    let session = Session::open(Cloud::load(&config.cloud, &config.credentials)?).await?;
    let nova = Nova::of(&session, &call.controller_id)?;
    let (same, flavor, image, network) = tokio::join!(
        nova.named(&bootstrap.name),
        nova.flavor_id(&bootstrap.flavor),
        glance::image(&session, &machine, &bootstrap.image),
        neutron::network_id(&session, &machine.network),
    );
    if let Some(server) = Server::best(same?) {
        return Err(duplicate(&server));
    }
    let (flavor, image, network) = (flavor?, image?, network?);
    if machine.volume.is_some() {
        // Nova would accept the server, and it would end in ERROR.
        session
            .service(&["block-storage", "volumev3", "volume"], "v3")
            .map_err(|error| Error::Input(format!("boot_from_volume: {error}")))?;
    }
    let request = request(call, bootstrap, &machine, &Found { flavor, image, network }, &user_data);
    let id = nova.create(&request, user_data.expose_secret()).await?;
    let limit = limit(&config);
    let made = first_of_its_name(&nova, &bootstrap.name, &id, limit).await;
    if let Err(failure) = &made {
        let half_made = nova.server(&id).await;
        let removed = async { nova.remove(half_made?.as_slice(), Instant::now() + config.wait()).await };
        removed.await.map_err(|error| Error::Server(format!("{failure}; and what was made could not be deleted: {error}")))?;
    }
    made
}

/// Waits for the server, and gives way when an earlier server has its name. Names are not unique in Nova, so two calls for one machine at
/// the same time both see no server at first. By the time one runs, all servers that were asked for before it can be seen.
async fn first_of_its_name(nova: &Nova<'_>, name: &str, id: &str, limit: Instant) -> Result<Server, Error> {
    let server = nova.until("ACTIVE", id, limit).await?;
    let is_earlier = |other: &Server| (&other.created, &other.id) < (&server.created, &server.id);
    match nova.named(name).await?.iter().find(|other| is_earlier(other)) {
        Some(earlier) => Err(duplicate(earlier)),
        None => Ok(server),
    }
}

fn duplicate(server: &Server) -> Error {
    Error::Duplicate(format!("server {} exists already with id {}", server.name, server.id))
}

/// User data in base64.
fn user_data(bootstrap: &BootstrapInstance, machine: &Machine) -> Result<SecretString, Error> {
    let encoded = STANDARD.encode(garm_guest::user_data(bootstrap, &machine.common, &[])?.expose_secret());
    if encoded.len() > USER_DATA_MAX {
        return Err(Error::Input(format!(
            "user data has {} bytes in base64 and Nova takes {USER_DATA_MAX}; shorten pre_install_scripts or runner_install_template, or let a script download the rest",
            encoded.len()
        )));
    }
    Ok(encoded.into())
}

/// What was looked up.
struct Found {
    flavor: String,
    image: Image,
    network: String,
}

/// The server as Nova is asked for it.
fn request(call: &Call, bootstrap: &BootstrapInstance, machine: &Machine, found: &Found, user_data: &SecretString) -> Value {
    let mut metadata = json!({
        "os_arch": bootstrap.arch,
        "os_type": bootstrap.os_type,
        CONTROLLER: call.controller_id,
        POOL: call.pool_id,
    });
    for (key, value) in [("os_name", &found.image.os_distro), ("os_version", &found.image.os_version)] {
        if let Some(value) = value {
            metadata[key] = value.as_str().into();
        }
    }
    let mut server = json!({
        "name": bootstrap.name,
        "flavorRef": found.flavor,
        "networks": [{"uuid": found.network}],
        "metadata": metadata,
        "tags": tags(&call.controller_id, &call.pool_id),
        "config_drive": machine.config_drive,
        "user_data": user_data.expose_secret(),
    });
    if !machine.security_groups.is_empty() {
        server["security_groups"] = machine.security_groups.iter().map(|group| json!({"name": group})).collect();
    }
    if let Some(zone) = &machine.availability_zone {
        server["availability_zone"] = zone.as_str().into();
    }
    match &machine.volume {
        None => server["imageRef"] = found.image.id.as_str().into(),
        Some(volume) => {
            let mut disk = json!({
                "boot_index": 0,
                "source_type": "image",
                "uuid": found.image.id,
                "destination_type": "volume",
                "volume_size": volume.size,
                "delete_on_termination": true,
            });
            if let Some(kind) = &volume.kind {
                disk["volume_type"] = kind.as_str().into();
            }
            server["block_device_mapping_v2"] = json!([disk]);
        }
    }
    server
}
