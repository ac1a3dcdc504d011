package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func read(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestMetricsAreServedOnTheirAddressOnly(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	if status, _ := read(t, p.url+"/metrics"); status != http.StatusNotFound {
		t.Errorf("the public site responds to /metrics with status %d", status)
	}
	read(t, p.url+"/login")
	for _, made := range []string{"FOO", "BAR"} {
		r, err := http.NewRequest(made, p.url+"/login", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	_, numbers := read(t, p.metrics)
	if strings.Contains(numbers, "FOO") {
		t.Error("an unknown method has a separate time series")
	}
	for _, want := range []string{
		`method="other"`,
		`terminplan_answers_seconds_count{method="GET",route="/login",status="200"} 1`,
		`terminplan_answers_seconds_count{method="GET",route="",status="404"} 1`,
		"terminplan_batch_size_count", "terminplan_live_connections 0", "terminplan_live_behind 0", "terminplan_offers_due 0",
		`terminplan_pool_connections{for="reads",state="limit"}`, `terminplan_pool_connections{for="verbs",state="limit"}`,
		"terminplan_redis_healthy", "go_goroutines",
	} {
		if !strings.Contains(numbers, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}
