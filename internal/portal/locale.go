// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"embed"

	"github.com/usher-operator/usher/internal/locale"
)

//go:embed locales/*.json
var localeFiles embed.FS

// languages are the languages of the portal.
var languages = locale.MustLoad(localeFiles, "locales")
