// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package door serves SCIM 2.0 to the directories of organizations, at /scim/v2/<organization>. It knows HTTP and the protocol; what the
// resources are is said by those who keep them.
package door

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/go-logr/logr"

	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/scim"
)

// Path begins the paths of all organizations.
const Path = "/scim/v2/"

// Resources are those of one type in one directory. Errors of type *scim.Error are the directory's to see.
type Resources interface {
	// Type is their type.
	Type() *scim.ResourceType
	// Get returns one of them.
	Get(ctx context.Context, id string) (scim.Resource, error)
	// List returns those that a query selects. Parts that the query leaves out may be there.
	List(ctx context.Context, q scim.Query) (scim.ListResponse, error)
	// Create creates one, or returns one that existed before.
	Create(ctx context.Context, r scim.Resource) (after scim.Resource, created bool, err error)
	// Change replaces what the directory has sent about one. Match is the header If-Match.
	Change(ctx context.Context, id, match string, change func(sent scim.Resource) (scim.Resource, error)) (scim.Resource, error)
	// Delete deletes one.
	Delete(ctx context.Context, id, match string) error
}

// Directory is the directory of an organization, as far as a token opens it.
type Directory struct {
	Users, Groups Resources
}

// ErrUnauthorized is returned for a token that does not open the directory of an organization, be it that there is no such token, no
// directory or no organization: a stranger does not learn which.
var ErrUnauthorized = errors.New("unauthorized")

// Directories opens directories.
type Directories interface {
	// Open returns the directory of an organization that a token opens. Base is the URL of the organization's service.
	Open(ctx context.Context, organization, token, base string) (*Directory, error)
}

// Options are what a door can be told.
type Options struct {
	// URL is that of the site, without a path.
	URL string
	// RequestsPerSecond limits each organization in each replica; 0: 50; negative: no limit.
	RequestsPerSecond live.Value[float64]
	// Network returns the network of a client, within which wrong tokens are counted together; nil: all are of one network.
	Network func(*http.Request) string
	// Observe, unless it is nil, is called with every request that is answered.
	Observe func(method string, code int, took time.Duration)
	// Now is the clock.
	Now func() time.Time
	// Log never gets a token, and nothing of a body.
	Log logr.Logger
}

// New returns a handler of everything below Path.
func New(directories Directories, o Options) http.Handler {
	d := &door{directories: directories, o: o, limits: &limits{rate: o.RequestsPerSecond}, strangers: &strangers{}}
	mux := http.NewServeMux()
	handle := func(pattern string, h handler) { mux.Handle(pattern, d.open(h)) }
	const root = Path + "{organization}"
	for _, kind := range []struct {
		path string
		of   func(*Directory) Resources
	}{
		{"/Users", func(d *Directory) Resources { return d.Users }},
		{"/Groups", func(d *Directory) Resources { return d.Groups }},
	} {
		served := func(pattern string, h handler) { handle(pattern, ifServed(kind.of, h)) }
		served("GET "+root+kind.path, list(kind.of))
		served("POST "+root+kind.path, create(kind.of))
		served("POST "+root+kind.path+"/.search", search(kind.of))
		served("GET "+root+kind.path+"/{id}", get(kind.of))
		served("PUT "+root+kind.path+"/{id}", replace(kind.of))
		served("PATCH "+root+kind.path+"/{id}", patch(kind.of))
		served("DELETE "+root+kind.path+"/{id}", remove(kind.of))
		handle(root+kind.path, wrongMethod("GET, POST"))
		handle(root+kind.path+"/{id}", wrongMethod("GET, PUT, PATCH, DELETE"))
	}
	documents(handle, root)
	handle(root+"/Bulk", unsupported("/Bulk"))
	handle("POST "+root+"/.search", unsupported("a query of users and groups together"))
	handle(root+"/Me", unsupported("/Me"))
	handle(root, nothing)
	handle(root+"/", nothing)
	handle(Path, nothing)
	return d.log(singleSlashes(mux))
}

// singleSlashes serves a directory whose URL was entered with a slash at its end, as the identity provider then repeats it. A redirect
// would lose the bodies of requests.
func singleSlashes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "//") {
			clean := *r
			where := *r.URL
			where.Path, where.RawPath = slashes.ReplaceAllString(where.Path, "/"), slashes.ReplaceAllString(where.RawPath, "/")
			clean.URL = &where
			r = &clean
		}
		next.ServeHTTP(w, r)
	})
}

var slashes = regexp.MustCompile("/{2,}")

type door struct {
	directories Directories
	o           Options
	limits      *limits
	strangers   *strangers
}

// request is a request whose token opens a directory.
type request struct {
	*http.Request

	directory *Directory
	// base is the URL of the organization's service.
	base string
}

// handler answers a request, or returns why not.
type handler func(w http.ResponseWriter, r request) error

// open opens the directory to the token of a request, as often as the limit allows.
func (d *door) open(next handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		organization := r.PathValue("organization")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		directory, err := d.authenticate(r, organization)
		switch {
		case errors.Is(err, ErrUnauthorized) && !d.strangers.allow(d.network(r), organization, d.o.Now()):
			err = &scim.Error{
				Status: http.StatusTooManyRequests,
				Detail: "too many requests with a wrong token: enter the right one in the directory, and try again later",
			}
		case errors.Is(err, ErrUnauthorized):
			w.Header().Set("WWW-Authenticate", `Bearer realm="SCIM"`)
			err = &scim.Error{
				Status: http.StatusUnauthorized,
				Detail: "the token is missing, wrong, expired or paused, or the organization has no directory: make a token, and enter " +
					"it in the directory",
			}
		case err == nil && !d.limits.allow(organization, d.o.Now()):
			err = &scim.Error{Status: http.StatusTooManyRequests, Detail: "too many requests of this organization: try again later"}
		case err == nil:
			err = next(w, request{r, directory, d.base(organization)})
		}
		if err != nil {
			d.fail(w, r, err)
		}
	})
}

func (d *door) base(organization string) string {
	return strings.TrimSuffix(d.o.URL, "/") + Path + organization
}

func (d *door) authenticate(r *http.Request, organization string) (*Directory, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if organization == "" || token == "" || !strings.EqualFold(scheme, "Bearer") {
		return nil, ErrUnauthorized
	}
	return d.directories.Open(r.Context(), organization, token, d.base(organization))
}

func (d *door) network(r *http.Request) string {
	if d.o.Network == nil {
		return ""
	}
	return d.o.Network(r)
}
