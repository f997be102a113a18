//! The record of all calls, and faults on request.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::time::Timestamp;

/// How many calls are remembered with their time.
const KEPT: usize = 100_000;

/// A call of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceCall {
    /// `POST /actions/runner-registration`, of the REST API: where the service is, and an admin token.
    Connect,
    /// `GET .../runnerscalesets`
    ListScaleSets,
    /// `POST .../runnerscalesets`
    CreateScaleSet,
    /// `GET .../runnerscalesets/{scale_set}`
    GetScaleSet,
    /// `PATCH .../runnerscalesets/{scale_set}`
    UpdateScaleSet,
    /// `DELETE .../runnerscalesets/{scale_set}`
    DeleteScaleSet,
    /// `GET .../runnergroups/`
    ListGroups,
    /// `POST .../runnerscalesets/{scale_set}/sessions`
    CreateSession,
    /// `PATCH .../runnerscalesets/{scale_set}/sessions/{session}`
    RefreshSession,
    /// `DELETE .../runnerscalesets/{scale_set}/sessions/{session}`
    DeleteSession,
    /// `GET` of a queue
    Poll,
    /// `DELETE` of a message of a queue
    Acknowledge,
    /// `POST .../runnerscalesets/{scale_set}/acquirejobs`
    AcquireJobs,
    /// `GET .../runnerscalesets/{scale_set}/acquirablejobs`
    ListAcquirableJobs,
    /// `POST .../runnerscalesets/{scale_set}/generatejitconfig`
    GenerateJitConfig,
    /// `GET .../agents`
    ListRunners,
    /// `GET .../agents/{agent}`
    GetRunner,
    /// `DELETE .../agents/{agent}`
    RemoveRunner,
}

impl ServiceCall {
    /// The call of a route, told by its method and by the last constant part of its template.
    pub(super) fn of(method: &str, template: &str) -> Option<Self> {
        let parts: Vec<&str> = template.trim_end_matches('/').rsplit('/').collect();
        match (method, &parts[..]) {
            ("POST", ["runner-registration", ..]) => Some(Self::Connect),
            ("GET", ["runnerscalesets", ..]) => Some(Self::ListScaleSets),
            ("POST", ["runnerscalesets", ..]) => Some(Self::CreateScaleSet),
            ("GET", ["{scale_set}", ..]) => Some(Self::GetScaleSet),
            ("PATCH", ["{scale_set}", ..]) => Some(Self::UpdateScaleSet),
            ("DELETE", ["{scale_set}", ..]) => Some(Self::DeleteScaleSet),
            ("GET", ["runnergroups", ..]) => Some(Self::ListGroups),
            ("POST", ["sessions", ..]) => Some(Self::CreateSession),
            ("PATCH", ["{session}", ..]) => Some(Self::RefreshSession),
            ("DELETE", ["{session}", ..]) => Some(Self::DeleteSession),
            ("GET", ["message", ..]) => Some(Self::Poll),
            ("DELETE", ["{message}", ..]) => Some(Self::Acknowledge),
            ("POST", ["acquirejobs", ..]) => Some(Self::AcquireJobs),
            ("GET", ["acquirablejobs", ..]) => Some(Self::ListAcquirableJobs),
            ("POST", ["generatejitconfig", ..]) => Some(Self::GenerateJitConfig),
            ("GET", ["agents", ..]) => Some(Self::ListRunners),
            ("GET", ["{agent}", ..]) => Some(Self::GetRunner),
            ("DELETE", ["{agent}", ..]) => Some(Self::RemoveRunner),
            _ => None,
        }
    }
}

/// A call that was made.
#[derive(Clone, Copy, Debug)]
pub struct Called {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub call: ServiceCall,
    /// The scale set that it names.
    pub scale_set: Option<i64>,
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It is answered with this status and has no effect.
    Status(u16),
    /// It is never answered and has no effect.
    Hangs,
    /// It has its effect, and of the body of its answer only so many bytes arrive.
    Cut(usize),
    /// It has its effect, and its answer begins with a byte order mark.
    ByteOrderMark,
    /// It has its effect, and a session in its answer has an empty URL of the queue.
    EmptyQueueUrl,
}

/// Until when calls fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultEnd {
    /// For so many calls.
    AfterCalls(u32),
    /// Until then.
    At(Timestamp),
    /// Until [`super::super::Forge::heal_service`].
    WhenHealed,
}

/// A fault of the service on request.
#[derive(Clone, Copy, Debug)]
pub struct ServiceFault {
    /// Which call fails; `None` = each.
    pub call: Option<ServiceCall>,
    /// What goes wrong.
    pub kind: FaultKind,
    /// Until when.
    pub end: FaultEnd,
}

/// All calls, and the faults that are to come.
#[derive(Debug, Default)]
pub(in crate::sim) struct Calls {
    made: VecDeque<Called>,
    counts: BTreeMap<ServiceCall, u64>,
    faults: Vec<ServiceFault>,
}

impl Calls {
    /// Notes a call, and says what is to go wrong with it.
    pub(super) fn note(&mut self, called: Called) -> Option<FaultKind> {
        *self.counts.entry(called.call).or_default() += 1;
        if self.made.len() == KEPT {
            self.made.pop_front();
        }
        self.made.push_back(called);
        self.faults
            .retain(|fault| !matches!(fault.end, FaultEnd::AfterCalls(0)) && !matches!(fault.end, FaultEnd::At(end) if end <= called.at));
        let fault = self.faults.iter_mut().find(|fault| fault.call.is_none_or(|call| call == called.call))?;
        if let FaultEnd::AfterCalls(left) = &mut fault.end {
            *left -= 1;
        }
        Some(fault.kind)
    }

    pub(super) fn add_fault(&mut self, fault: ServiceFault) {
        self.faults.push(fault);
    }

    pub(super) fn heal(&mut self) {
        self.faults.clear();
    }

    pub(super) fn count(&self, call: ServiceCall) -> u64 {
        self.counts.get(&call).copied().unwrap_or(0)
    }

    /// The most of the wanted calls within any span of this length.
    pub(super) fn most_within(&self, span: Duration, is_wanted: impl Fn(&Called) -> bool) -> usize {
        let mut window = VecDeque::new();
        let mut most = 0;
        for at in self.made.iter().filter(|called| is_wanted(called)).map(|called| called.at) {
            window.push_back(at);
            while window.front().is_some_and(|first| first.after(span) <= at) {
                window.pop_front();
            }
            most = most.max(window.len());
        }
        most
    }
}
