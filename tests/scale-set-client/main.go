// Command scale-set-client drives the fake service for scale sets with GitHub's own client, through the whole life of a scale set: what the fake
// answers must be what that client understands. It prints a line for each step and ends with status 1 at the first answer that is not as expected.
//
// The test that starts it has queued two jobs for the label "linux-x64". Their steps wait for a file: -gate.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/actions/scaleset"
)

const (
	name  = "linux-x64"
	owner = "listener-a"
)

var (
	url    = flag.String("url", "", "URL of the repository, organization or enterprise")
	token  = flag.String("token", "", "personal access token")
	runner = flag.String("runner", "", "run.sh of a runner that is not configured")
	gate   = flag.String("gate", "", "file that the jobs wait for")
	offers = flag.Bool("offers", false, "jobs are offered and have to be acquired, as on GHES")
)

func main() {
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "failed:", err)
		os.Exit(1)
	}
}

func say(format string, values ...any) { fmt.Printf(format+"\n", values...) }

// options keep failures short: the client would otherwise repeat them for half a minute.
func options() []scaleset.HTTPOption {
	return []scaleset.HTTPOption{scaleset.WithRetryMax(2), scaleset.WithRetryWaitMax(time.Second)}
}

func run(ctx context.Context) error {
	client, err := scaleset.NewClientWithPersonalAccessToken(scaleset.NewClientWithPersonalAccessTokenConfig{
		GitHubConfigURL:     *url,
		PersonalAccessToken: *token,
		SystemInfo:          scaleset.SystemInfo{System: "garm-test", Version: "1", Subsystem: "test"},
	}, options()...)
	if err != nil {
		return err
	}
	id, err := create(ctx, client)
	if err != nil {
		return fmt.Errorf("scale set: %w", err)
	}
	session, err := open(ctx, client, id)
	if err != nil {
		return fmt.Errorf("session: %w", err)
	}
	if err := takeJob(ctx, session); err != nil {
		return fmt.Errorf("messages: %w", err)
	}
	if err := runJob(ctx, client, session, id); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	session, err = takeOver(ctx, client, session, id)
	if err != nil {
		return fmt.Errorf("second session: %w", err)
	}
	return remove(ctx, client, session, id)
}

func create(ctx context.Context, client *scaleset.Client) (int, error) {
	group, err := client.GetRunnerGroupByName(ctx, scaleset.DefaultRunnerGroup)
	if err != nil {
		return 0, err
	}
	if group.ID != 1 || !group.IsDefault {
		return 0, fmt.Errorf("group %+v", group)
	}
	say("found group %s", group.Name)
	none, err := client.GetRunnerScaleSet(ctx, group.ID, name)
	if err != nil || none != nil {
		return 0, fmt.Errorf("before its time: %+v, %w", none, err)
	}
	wanted := &scaleset.RunnerScaleSet{Name: name, RunnerGroupID: group.ID, RunnerSetting: scaleset.RunnerSetting{DisableUpdate: true}}
	made, err := client.CreateRunnerScaleSet(ctx, wanted)
	if err != nil {
		return 0, err
	}
	if made.ID == 0 || made.Name != name || made.RunnerGroupName != "Default" || len(made.Labels) != 1 || made.Labels[0].Name != name ||
		!made.RunnerSetting.DisableUpdate || made.CreatedOn.IsZero() || made.Statistics == nil {
		return 0, fmt.Errorf("made %+v", made)
	}
	if _, err := client.CreateRunnerScaleSet(ctx, wanted); err == nil || !strings.Contains(err.Error(), "ExistsException") {
		return 0, fmt.Errorf("made twice: %w", err)
	}
	byName, err := client.GetRunnerScaleSet(ctx, group.ID, name)
	if err != nil || byName == nil || byName.ID != made.ID {
		return 0, fmt.Errorf("by name: %+v, %w", byName, err)
	}
	byID, err := client.GetRunnerScaleSetByID(ctx, made.ID)
	if err != nil || byID.Name != name {
		return 0, fmt.Errorf("by number: %+v, %w", byID, err)
	}
	say("created scale set %s", made.Name)
	return made.ID, nil
}

func open(ctx context.Context, client *scaleset.Client, id int) (*scaleset.MessageSessionClient, error) {
	session, err := client.MessageSessionClient(ctx, id, owner, options()...)
	if err != nil {
		return nil, err
	}
	facts := session.Session()
	if facts.OwnerName != owner || facts.MessageQueueURL == "" || facts.RunnerScaleSet == nil || facts.RunnerScaleSet.ID != id || facts.Statistics == nil {
		return nil, fmt.Errorf("opened %+v", facts)
	}
	say("opened a session, %d jobs are there", facts.Statistics.TotalAvailableJobs)
	if _, err := client.MessageSessionClient(ctx, id, "listener-b", options()...); err == nil || !strings.Contains(err.Error(), "SessionConflictException") {
		return nil, fmt.Errorf("a second session: %w", err)
	}
	say("a second session is refused")
	return session, nil
}

// message waits for a message; polls that end without one are repeated.
func message(ctx context.Context, session *scaleset.MessageSessionClient, capacity int) (*scaleset.RunnerScaleSetMessage, error) {
	for {
		found, err := session.GetMessage(ctx, 0, capacity)
		if err != nil || found != nil {
			return found, err
		}
	}
}

// takeJob sees to it that the scale set gets exactly one of the two jobs.
func takeJob(ctx context.Context, session *scaleset.MessageSessionClient) error {
	if held, err := session.GetMessage(ctx, 0, 0); err != nil || held != nil {
		return fmt.Errorf("with capacity 0: %+v, %w", held, err)
	}
	say("with capacity 0 there is no message")
	first, err := message(ctx, session, 1)
	if err != nil {
		return err
	}
	if *offers {
		if len(first.JobAvailableMessages) != 1 || first.JobAvailableMessages[0].AcquireJobURL == "" {
			return fmt.Errorf("offered %+v", first)
		}
		request := first.JobAvailableMessages[0].RunnerRequestID
		if err := session.DeleteMessage(ctx, first.MessageID); err != nil {
			return err
		}
		acquired, err := session.AcquireJobs(ctx, []int64{request, request + 1000})
		if err != nil || len(acquired) != 1 || acquired[0] != request {
			return fmt.Errorf("acquired %v, %w", acquired, err)
		}
		say("acquired a job")
		if first, err = message(ctx, session, 1); err != nil {
			return err
		}
	} else if _, err := session.AcquireJobs(ctx, []int64{1}); err == nil || !strings.Contains(err.Error(), "404") {
		return fmt.Errorf("acquired without an offer: %w", err)
	}
	if len(first.JobAssignedMessages) != 1 || first.Statistics == nil || first.Statistics.TotalAssignedJobs != 1 || first.Statistics.TotalRunningJobs != 0 {
		return fmt.Errorf("assigned %+v", first)
	}
	job := first.JobAssignedMessages[0]
	if job.OwnerName != "octo" || job.RepositoryName != "hello" || job.JobDisplayName != "job-0" || job.WorkflowRunID == 0 || job.JobID == "" ||
		len(job.RequestLabels) != 1 || job.QueueTime.IsZero() || job.ScaleSetAssignTime.IsZero() || !job.FinishTime.IsZero() ||
		(job.RunnerRequestID != 0) != *offers {
		return fmt.Errorf("job %+v", job)
	}
	again, err := message(ctx, session, 1)
	if err != nil || again.MessageID != first.MessageID {
		return fmt.Errorf("not acknowledged: %+v, %w", again, err)
	}
	if err := session.DeleteMessage(ctx, first.MessageID); err != nil {
		return err
	}
	if more, err := session.GetMessage(ctx, first.MessageID, 1); err != nil || more != nil {
		return fmt.Errorf("beyond the capacity: %+v, %w", more, err)
	}
	say("got one job, which came again until it was acknowledged, and no second one")
	return nil
}

func runJob(ctx context.Context, client *scaleset.Client, session *scaleset.MessageSessionClient, id int) error {
	setting := &scaleset.RunnerScaleSetJitRunnerSetting{Name: "runner-1", WorkFolder: "_work"}
	jit, err := client.GenerateJitRunnerConfig(ctx, setting, id)
	if err != nil {
		return err
	}
	text, err := base64.StdEncoding.DecodeString(jit.EncodedJITConfig)
	if err != nil {
		return err
	}
	var files map[string]string
	if err := json.Unmarshal(text, &files); err != nil || len(files) != 3 || jit.Runner.RunnerScaleSetID != id {
		return fmt.Errorf("configuration of %+v with %d files, %w", jit.Runner, len(files), err)
	}
	if _, err := client.GenerateJitRunnerConfig(ctx, setting, id); !errors.Is(err, scaleset.RunnerExistsError) {
		return fmt.Errorf("a name that is taken: %w", err)
	}
	byName, err := client.GetRunnerByName(ctx, "runner-1")
	if err != nil || byName == nil || byName.ID != jit.Runner.ID {
		return fmt.Errorf("by name: %+v, %w", byName, err)
	}
	if nobody, err := client.GetRunnerByName(ctx, "runner-2"); err != nil || nobody != nil {
		return fmt.Errorf("a name that is free: %+v, %w", nobody, err)
	}
	if byID, err := client.GetRunner(ctx, jit.Runner.ID); err != nil || byID.Name != "runner-1" {
		return fmt.Errorf("by number: %+v, %w", byID, err)
	}
	say("got a configuration for a runner")

	process := exec.CommandContext(ctx, *runner, "--jitconfig", jit.EncodedJITConfig)
	if err := process.Start(); err != nil {
		return err
	}
	started, err := message(ctx, session, 1)
	if err != nil {
		return err
	}
	if len(started.JobStartedMessages) != 1 || started.JobStartedMessages[0].RunnerID != jit.Runner.ID || started.JobStartedMessages[0].RunnerName != "runner-1" ||
		started.Statistics.TotalRunningJobs != 1 || started.Statistics.TotalBusyRunners != 1 || started.Statistics.TotalRegisteredRunners != 1 {
		return fmt.Errorf("started %+v", started)
	}
	if err := session.DeleteMessage(ctx, started.MessageID); err != nil {
		return err
	}
	if err := client.RemoveRunner(ctx, int64(jit.Runner.ID)); !errors.Is(err, scaleset.JobStillRunningError) {
		return fmt.Errorf("removal of a runner with a job: %w", err)
	}
	say("the runner has begun the job and is not removed")
	if err := os.WriteFile(*gate, nil, 0o600); err != nil {
		return err
	}
	if err := process.Wait(); err != nil {
		return err
	}
	// Now that the first is over, the capacity of 1 would let the second in.
	completed, err := message(ctx, session, 0)
	if err != nil {
		return err
	}
	if len(completed.JobCompletedMessages) != 1 || completed.JobCompletedMessages[0].Result != "succeeded" ||
		completed.JobCompletedMessages[0].RunnerName != "runner-1" || completed.Statistics.TotalAssignedJobs != 0 {
		return fmt.Errorf("completed %+v", completed)
	}
	if err := session.DeleteMessage(ctx, completed.MessageID); err != nil {
		return err
	}
	if err := client.RemoveRunner(ctx, int64(jit.Runner.ID)); !errors.Is(err, scaleset.RunnerNotFoundError) {
		return fmt.Errorf("removal of a runner that is gone: %w", err)
	}
	say("the job succeeded, and its runner is gone")

	spare, err := client.GenerateJitRunnerConfig(ctx, &scaleset.RunnerScaleSetJitRunnerSetting{Name: "runner-2", WorkFolder: "_work"}, id)
	if err != nil {
		return err
	}
	if err := client.RemoveRunner(ctx, int64(spare.Runner.ID)); err != nil {
		return err
	}
	say("a runner without a job is removed")
	return nil
}

// takeOver ends the session with a message that nobody acknowledged, which another session gets.
func takeOver(ctx context.Context, client *scaleset.Client, session *scaleset.MessageSessionClient, id int) (*scaleset.MessageSessionClient, error) {
	left, err := message(ctx, session, 1)
	if err != nil {
		return nil, err
	}
	if err := session.Close(ctx); err != nil {
		return nil, err
	}
	next, err := client.MessageSessionClient(ctx, id, "listener-b", options()...)
	if err != nil {
		return nil, err
	}
	came, err := message(ctx, next, 1)
	if err != nil || came.MessageID != left.MessageID {
		return nil, fmt.Errorf("the message %d was left, %+v came, %w", left.MessageID, came, err)
	}
	say("another session gets what was not acknowledged")
	return next, next.DeleteMessage(ctx, came.MessageID)
}

func remove(ctx context.Context, client *scaleset.Client, session *scaleset.MessageSessionClient, id int) error {
	changed, err := client.UpdateRunnerScaleSet(ctx, id, &scaleset.RunnerScaleSet{
		Name:   name + "-2",
		Labels: []scaleset.Label{{Name: name}, {Name: "large"}},
	})
	if err != nil || changed.Name != name+"-2" || len(changed.Labels) != 2 || changed.RunnerGroupID != 1 {
		return fmt.Errorf("changed %+v, %w", changed, err)
	}
	say("changed name and labels")
	if err := session.Close(ctx); err != nil {
		return err
	}
	if err := session.Close(ctx); err == nil || !strings.Contains(err.Error(), "404") {
		return fmt.Errorf("closed twice: %w", err)
	}
	if err := client.DeleteRunnerScaleSet(ctx, id); err != nil {
		return err
	}
	if _, err := client.GetRunnerScaleSetByID(ctx, id); err == nil || !strings.Contains(err.Error(), "RunnerScaleSetNotFoundException") {
		return fmt.Errorf("after its end: %w", err)
	}
	say("deleted session and scale set")
	return nil
}
