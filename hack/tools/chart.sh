#!/usr/bin/env bash
# Copyright The Usher Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Makes the chart's files from config/{crd,rbac,webhook}, and config/default/install.yaml from the chart. Run it by `make manifests`, which
# sets KUSTOMIZE and HELM (commands).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

files=config/chart/files
rm -rf "$files/crds"
mkdir -p "$files/crds"
cp config/crd/bases/*.yaml "$files/crds/"
for folder in rbac webhook; do
  { echo "# Code generated from config/$folder by make manifests. DO NOT EDIT."; $KUSTOMIZE build "config/$folder"; } >"$files/$folder.yaml"
done

{
  echo "# Code generated from config/chart by make manifests. DO NOT EDIT: change config/default/values.yaml."
  cat config/default/namespace.yaml
  $HELM template usher config/chart --namespace usher-system --values config/default/values.yaml
} >config/default/install.yaml.new
mv config/default/install.yaml.new config/default/install.yaml
