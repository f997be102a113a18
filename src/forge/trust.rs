//! Trust in the certificate of a forge that has a bundle of its own at its endpoint. The bundle takes the place of the machine's roots.
//!
//! A GitHub Enterprise Server often has a certificate that it signed itself, marked as one of an authority. Verifiers of chains refuse such a
//! certificate as that of a server. An administrator who puts it into the bundle means this very server, so it is accepted byte for byte. Its name and
//! its dates count all the same.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::model::describe;

/// The settings of TLS with a forge whose certificate this bundle validates, or the reason why it is no bundle.
pub(super) fn with_bundle(bundle: &[u8]) -> Result<ClientConfig, String> {
    let verifier = Bundle::read(bundle)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|fault| describe(&fault))?;
    let mut config = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Verifies chains that end in a certificate of the bundle, and servers whose certificate is in the bundle.
#[derive(Debug)]
struct Bundle {
    chains: Arc<WebPkiServerVerifier>,
    certificates: Vec<CertificateDer<'static>>,
}

impl Bundle {
    fn read(bundle: &[u8]) -> Result<Self, String> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(bundle).collect::<Result<_, _>>().map_err(|fault| fault.to_string())?;
        if certificates.is_empty() {
            return Err("there is no certificate in it".to_owned());
        }
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone()).map_err(|fault| describe(&fault))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().map_err(|fault| describe(&fault))?;
        Ok(Self { chains, certificates })
    }
}

impl ServerCertVerifier for Bundle {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.chains.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // It is marked as one of an authority; the verifier has looked at the dates before it looks at that.
            Err(Error::InvalidCertificate(CertificateError::Other(_))) if self.certificates.contains(end_entity) => {
                rustls::client::verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// It signed itself, is marked as one of an authority, and is for `ghes.test` and 127.0.0.1, from 2026 to 2126.
    const OWN: &[u8] = include_bytes!("../../testdata/certificates/self-signed.crt");
    /// The same with another number.
    const ANOTHER: &[u8] = include_bytes!("../../testdata/certificates/another.crt");
    /// It is signed by the first, and for `leaf.test`.
    const SIGNED: &[u8] = include_bytes!("../../testdata/certificates/signed.crt");

    const IN_2100: Duration = Duration::from_hours(1_139_568);
    const IN_2200: Duration = Duration::from_hours(2_016_144);

    fn verdict(bundle: &[u8], shown: &[u8], name: &'static str, now: Duration) -> Result<(), Error> {
        let shown = CertificateDer::from_pem_slice(shown).expect("a certificate");
        let name = ServerName::try_from(name).expect("a name");
        let bundle = Bundle::read(bundle).expect("a bundle");
        bundle.verify_server_cert(&shown, &[], &name, &[], UnixTime::since_unix_epoch(now)).map(drop)
    }

    #[test]
    fn a_server_that_signed_its_own_certificate_is_believed_when_that_is_in_the_bundle() {
        assert_eq!(verdict(OWN, OWN, "ghes.test", IN_2100), Ok(()));
        assert_eq!(verdict(&[ANOTHER, OWN].concat(), OWN, "127.0.0.1", IN_2100), Ok(()));
        assert_eq!(verdict(OWN, SIGNED, "leaf.test", IN_2100), Ok(()), "as an authority");
    }

    #[test]
    fn its_name_and_its_dates_count_and_it_must_be_the_very_same() {
        assert!(verdict(OWN, OWN, "other.test", IN_2100).is_err());
        assert!(verdict(OWN, OWN, "ghes.test", IN_2200).is_err());
        assert!(verdict(OWN, ANOTHER, "ghes.test", IN_2100).is_err());
        assert!(verdict(ANOTHER, OWN, "ghes.test", IN_2100).is_err());
        assert!(verdict(OWN, SIGNED, "ghes.test", IN_2100).is_err());
        for none in [&b""[..], b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(with_bundle(none).is_err());
        }
    }
}
