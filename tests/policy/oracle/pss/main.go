// The Pod Security Standards as Kubernetes' own module judges them: the oracle of tests/policy/test_pss.py.
//
// Without an argument it reads objects, one JSON text a line, and answers each with one line: for every minor version
// from -oldest to -newest, what the checks of baseline and restricted say. With -checks it lists the checks instead.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	kjson "sigs.k8s.io/json"
)

// verdict is what one version says to an object: the checks that fail, whatever level they belong to, and whether the
// evaluator, which knows what overrides what, admits the pod at each level.
type verdict struct {
	Failing    []string `json:"failing"`
	Baseline   bool     `json:"baseline"`
	Restricted bool     `json:"restricted"`
}

// listed is what -checks prints of a check: at which level and from which minor version it exists, and since when it
// overrides which others.
type listed struct {
	ID        string         `json:"id"`
	Level     string         `json:"level"`
	Since     int            `json:"since"`
	Overrides map[string]int `json:"overrides"`
}

func main() {
	list := flag.Bool("checks", false, "list the checks")
	oldest := flag.Int("oldest", 25, "first minor version")
	newest := flag.Int("newest", 37, "last minor version")
	flag.Parse()
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	answers := json.NewEncoder(out)
	if *list {
		must(answers.Encode(checks()))
		return
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	must(err)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		metadata, spec, err := podOf(lines.Bytes())
		if err != nil {
			must(answers.Encode(map[string]string{"error": err.Error()}))
			continue
		}
		defaultVolumes(spec)
		verdicts := []verdict{}
		for minor := *oldest; minor <= *newest; minor++ {
			version := api.MajorMinorVersion(1, minor)
			verdicts = append(verdicts, verdict{
				failing(version, metadata, spec),
				admits(evaluator, api.LevelBaseline, version, metadata, spec),
				admits(evaluator, api.LevelRestricted, version, metadata, spec),
			})
		}
		must(answers.Encode(verdicts))
	}
	must(lines.Err())
}

func checks() []listed {
	found := []listed{}
	for _, check := range policy.DefaultChecks() {
		overrides := map[string]int{}
		for _, version := range check.Versions {
			for _, overridden := range version.OverrideCheckIDs {
				if _, known := overrides[string(overridden)]; !known {
					overrides[string(overridden)] = version.MinimumVersion.Minor()
				}
			}
		}
		first := check.Versions[0].MinimumVersion.Minor()
		found = append(found, listed{string(check.ID), string(check.Level), first, overrides})
	}
	return found
}

// failing runs each check's newest revision that the version has.
func failing(version api.Version, metadata *metav1.ObjectMeta, spec *corev1.PodSpec) []string {
	found := []string{}
	for _, check := range policy.DefaultChecks() {
		var run policy.CheckPodFn
		for _, revision := range check.Versions {
			if !version.Older(revision.MinimumVersion) {
				run = revision.CheckPod
			}
		}
		if run != nil && !run(metadata, spec).Allowed {
			found = append(found, string(check.ID))
		}
	}
	slices.Sort(found)
	return found
}

func admits(
	evaluator policy.Evaluator, level api.Level, version api.Version, metadata *metav1.ObjectMeta, spec *corev1.PodSpec,
) bool {
	results := evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: version}, metadata, spec)
	return policy.AggregateCheckResults(results).Allowed
}

// podOf decodes an object as the API server does (names of fields count by case) and takes its pod, from the places
// that the admission plugin's DefaultPodSpecExtractor takes it from; that one comes with half an API server.
func podOf(text []byte) (*metav1.ObjectMeta, *corev1.PodSpec, error) {
	var kind metav1.TypeMeta
	if err := json.Unmarshal(text, &kind); err != nil {
		return nil, nil, err
	}
	switch kind.APIVersion + " " + kind.Kind {
	case "v1 Pod":
		object, err := decode[corev1.Pod](text)
		return &object.ObjectMeta, &object.Spec, err
	case "v1 PodTemplate":
		object, err := decode[corev1.PodTemplate](text)
		return template(&object.Template, err)
	case "v1 ReplicationController":
		object, err := decode[corev1.ReplicationController](text)
		return template(object.Spec.Template, err)
	case "apps/v1 ReplicaSet":
		object, err := decode[appsv1.ReplicaSet](text)
		return template(&object.Spec.Template, err)
	case "apps/v1 Deployment":
		object, err := decode[appsv1.Deployment](text)
		return template(&object.Spec.Template, err)
	case "apps/v1 DaemonSet":
		object, err := decode[appsv1.DaemonSet](text)
		return template(&object.Spec.Template, err)
	case "apps/v1 StatefulSet":
		object, err := decode[appsv1.StatefulSet](text)
		return template(&object.Spec.Template, err)
	case "batch/v1 Job":
		object, err := decode[batchv1.Job](text)
		return template(&object.Spec.Template, err)
	case "batch/v1 CronJob":
		object, err := decode[batchv1.CronJob](text)
		return template(&object.Spec.JobTemplate.Spec.Template, err)
	}
	return nil, nil, fmt.Errorf("%s %s has no pod", kind.APIVersion, kind.Kind)
}

// defaultVolumes makes an emptyDir of each volume without a source. The API server does so (SetDefaults_Volume) before
// admission sees the pod, and the module's fixtures count on it; no other default changes what a level says.
func defaultVolumes(spec *corev1.PodSpec) {
	for i := range spec.Volumes {
		if spec.Volumes[i].VolumeSource == (corev1.VolumeSource{}) {
			spec.Volumes[i].EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
}

func decode[T any](text []byte) (*T, error) {
	made := new(T)
	return made, kjson.UnmarshalCaseSensitivePreserveInts(text, made)
}

func template(found *corev1.PodTemplateSpec, err error) (*metav1.ObjectMeta, *corev1.PodSpec, error) {
	if err == nil && found == nil {
		err = fmt.Errorf("no template")
	}
	if err != nil {
		return nil, nil, err
	}
	return &found.ObjectMeta, &found.Spec, nil
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
