//! PostgreSQL: a pool of pure Rust connections with rustls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, Pool};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::BlockOn as _;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::{AsyncMessage, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

use super::Error;
use super::conn::PgConnection;
use super::own_runtime::OwnRuntime;
use crate::model::{SecretString, expose};

/// Whether and how a connection is encrypted; the words and meanings are libpq's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SslMode {
    /// Never.
    Disable,
    /// When the server can, without looking at its certificate.
    #[default]
    Prefer,
    /// Always, without looking at the certificate.
    Require,
    /// Always, with a certificate of a known authority for this host.
    Verify,
}

/// Where a PostgreSQL database is.
#[derive(Clone, Debug)]
pub struct PostgresSettings {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// User name.
    pub user: String,
    /// Password, when the server asks for one.
    pub password: Option<SecretString>,
    /// Database name.
    pub database: String,
    /// Encryption.
    pub ssl_mode: SslMode,
    /// How many connections are held at most.
    pub max_connections: u32,
}

/// Makes connections for the pool.
pub(super) struct Manager {
    config: tokio_postgres::Config,
    ssl_mode: SslMode,
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager").field("ssl_mode", &self.ssl_mode).finish_non_exhaustive()
    }
}

impl Manager {
    fn new(settings: &PostgresSettings) -> Self {
        let mut config = tokio_postgres::Config::new();
        config.host(&settings.host).port(settings.port).user(&settings.user).dbname(&settings.database).application_name("garm");
        config.connect_timeout(Duration::from_secs(10));
        if let Some(password) = &settings.password {
            config.password(expose(password));
        }
        config.ssl_mode(match settings.ssl_mode {
            SslMode::Disable => tokio_postgres::config::SslMode::Disable,
            SslMode::Prefer => tokio_postgres::config::SslMode::Prefer,
            SslMode::Require | SslMode::Verify => tokio_postgres::config::SslMode::Require,
        });
        Self { config, ssl_mode: settings.ssl_mode }
    }

    /// Listens on a connection of its own until it breaks, or until no listener is left. What is announced as `own` is passed over.
    async fn follow(&self, own: &str, ring: &impl Fn() -> bool) -> Result<(), ConnectError> {
        let fault = |error: tokio_postgres::Error| ConnectError(crate::model::describe(&error));
        let (client, mut messages) = if self.ssl_mode == SslMode::Disable {
            let (client, connection) = self.config.connect(NoTls).await.map_err(fault)?;
            (client, follow_connection(connection))
        } else {
            let (client, connection) = self.config.connect(MakeRustlsConnect::new(self.tls()?)).await.map_err(fault)?;
            (client, follow_connection(connection))
        };
        let command = format!("LISTEN {CHANNEL}");
        let mut listening = std::pin::pin!(client.batch_execute(&command));
        let mut subscribed = false;
        loop {
            tokio::select! {
                done = &mut listening, if !subscribed => {
                    done.map_err(fault)?;
                    subscribed = true;
                    ring();
                }
                message = messages.next() => match message {
                    // This process has rung for its own commits.
                    Some(Ok(AsyncMessage::Notification(commit))) if commit.payload() == own => {}
                    Some(Ok(AsyncMessage::Notification(_))) if !ring() => return Ok(()),
                    Some(message) => drop(message.map_err(fault)?),
                    None => return Err(ConnectError("the connection was closed".to_owned())),
                },
            }
        }
    }

    async fn establish(&self) -> Result<AsyncPgConnection, ConnectError> {
        let fault = |error: tokio_postgres::Error| ConnectError(crate::model::describe(&error));
        if self.ssl_mode == SslMode::Disable {
            let (client, connection) = self.config.connect(NoTls).await.map_err(fault)?;
            return AsyncPgConnection::try_from_client_and_connection(client, connection)
                .await
                .map_err(|error| ConnectError(error.to_string()));
        }
        let (client, connection) = self.config.connect(MakeRustlsConnect::new(self.tls()?)).await.map_err(fault)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await.map_err(|error| ConnectError(error.to_string()))
    }

    /// Sets what every session has.
    async fn set_up(&self) -> Result<AsyncPgConnection, ConnectError> {
        let mut conn = self.establish().await?;
        diesel_async::SimpleAsyncConnection::batch_execute(&mut conn, TIMEOUTS).await.map_err(|error| ConnectError(error.to_string()))?;
        Ok(conn)
    }

    fn tls(&self) -> Result<ClientConfig, ConnectError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| ConnectError(error.to_string()))?;
        let builder = builder.dangerous();
        Ok(if self.ssl_mode == SslMode::Verify {
            let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(|error| ConnectError(error.to_string()))?;
            builder.with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        } else {
            builder.with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))).with_no_client_auth()
        })
    }
}

/// Why no connection was made.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct ConnectError(String);

impl ManageConnection for Manager {
    type Connection = PgConnection;
    type Error = ConnectError;

    fn connect(&self) -> Result<PgConnection, ConnectError> {
        let own = OwnRuntime::new().map_err(|fault| ConnectError(format!("no runtime for the connection: {fault}")))?;
        let conn = own.block_on(self.set_up())?;
        OwnRuntime::hand_over(own);
        Ok(PgConnection::from(conn))
    }

    fn is_valid(&self, conn: &mut PgConnection) -> Result<(), ConnectError> {
        conn.batch_execute("SELECT 1").map_err(|error| ConnectError(error.to_string()))
    }

    fn has_broken(&self, conn: &mut PgConnection) -> bool {
        std::thread::panicking() || diesel::r2d2::R2D2Connection::is_broken(conn)
    }
}

/// Opens the pool. Blocks until the first connection is there.
pub(super) fn open(settings: &PostgresSettings) -> Result<Pool<Manager>, Error> {
    let manager = Manager::new(settings);
    // Once by hand, because the pool itself only says that it waited in vain.
    drop(manager.connect().map_err(|fault| Error::Connect(format!("{}:{}: {fault}", settings.host, settings.port)))?);
    Pool::builder()
        .max_size(settings.max_connections.max(2))
        .min_idle(Some(1))
        .test_on_check_out(false)
        .connection_timeout(Duration::from_secs(10))
        .build(manager)
        .map_err(|fault| Error::Connect(fault.to_string()))
}

/// A statement that waits for ever would hold its connection, and what it locked, for ever. The longest ones of this program take seconds, and
/// wait for each other for less than that.
pub(super) const TIMEOUTS: &str =
    "SET statement_timeout = '60s'; SET lock_timeout = '20s'; SET idle_in_transaction_session_timeout = '60s'";

/// Migrations may take long, and wait for those of another replica.
pub(super) const NO_TIMEOUTS: &str = "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0";

/// The channel that announces commits.
pub(super) const CHANNEL: &str = "garm_changes";

/// How long to wait before the listening connection is made again after it broke.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Rings whenever another process commits a change, until `ring` says that no listener is left. Commits that were missed while the
/// connection was broken are rung for when it is back. Readers of the feed also look by themselves now and then.
pub(super) async fn listen(settings: PostgresSettings, own: Uuid, ring: impl Fn() -> bool) {
    let (manager, own) = (Manager::new(&settings), own.to_string());
    while ring() {
        if let Err(fault) = manager.follow(&own, &ring).await {
            tracing::warn!(error = %fault, "cannot hear of changes that other replicas make; looking now and then");
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

/// A connection that only listens: what arrives on it, one message after the other.
fn follow_connection<S, T>(mut connection: tokio_postgres::Connection<S, T>) -> Messages
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    futures_util::stream::poll_fn(move |context| connection.poll_message(context)).boxed()
}

type Messages = BoxStream<'static, Result<AsyncMessage, tokio_postgres::Error>>;

/// Accepts any certificate: what libpq does for `prefer` and `require`. It keeps listeners out, not impostors.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
