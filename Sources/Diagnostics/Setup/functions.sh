# fail CAUSE FIX: ends the script. Nothing is undone; after the fix, run the script again.
fail() {
  printf '\nsetup: %s\n' "$1" >&2
  printf 'To fix: %s\n' "$2" >&2
  exit 1
}

title() { printf '\n%s\n' "$1"; }
exists() { printf '  exists   %s\n' "$1"; }
created() { printf '  created  %s\n' "$1"; }

# The Azure CLI in one subscription. A query without a result prints nothing, and az cannot ask anything.
azure() { az "$@" --subscription "$SUBSCRIPTION" --only-show-errors --output tsv </dev/null; }

# need NAME VALUE MEANING: a value that the manifests do not contain.
need() { [ -n "$2" ] || fail "$1 is not set: $3" "set $1 at the top of this script or in the environment"; }

# cloud NAME: the cloud that az talks to.
cloud() {
  local found
  found=$(az cloud show --query name --output tsv) || fail 'az cannot say which cloud it uses.' 'run az cloud list'
  [ "$found" = "$1" ] || fail "az uses the cloud $found, and the classes are for $1." "az cloud set --name $1 && az login"
  exists "cloud $1"
}

# subscription TENANT: the chosen subscription, or else the current one of az. It must belong to the tenant, if one is given.
subscription() {
  local tenant
  if [ -z "$SUBSCRIPTION" ]; then
    SUBSCRIPTION=$(az account show --query id --output tsv) || fail 'az has no subscription.' 'az login'
  fi
  tenant=$(az account show --subscription "$SUBSCRIPTION" --query tenantId --output tsv) ||
    fail "az cannot use the subscription $SUBSCRIPTION." 'az login, then az account list'
  [ -z "$1" ] || [ "$tenant" = "$1" ] ||
    fail "the subscription $SUBSCRIPTION belongs to the tenant $tenant, and the classes name the tenant $1." \
      "az login --tenant $1, or set SUBSCRIPTION"
  exists "subscription $SUBSCRIPTION in the tenant $tenant"
}

# issuer: asks the AKS cluster for the URL that vouches for the tokens of its service accounts.
issuer() {
  ISSUER=$(azure aks show --name "$CLUSTER" --resource-group "$CLUSTER_RESOURCE_GROUP" \
    --query oidcIssuerProfile.issuerUrl) ||
    fail "the cluster $CLUSTER cannot be read." "check CLUSTER and CLUSTER_RESOURCE_GROUP: az aks list --output table"
  [ -n "$ISSUER" ] || fail "the cluster $CLUSTER has no OIDC issuer." \
    "az aks update --name $CLUSTER --resource-group $CLUSTER_RESOURCE_GROUP --enable-oidc-issuer"
  exists "issuer $ISSUER"
}

# identity_with_client CLIENT: chooses the user-assigned identity that has this client id.
identity_with_client() {
  local found
  found=$(azure identity list --query "[?clientId=='$1'].[name,resourceGroup,principalId,clientId]") ||
    fail 'the identities of the subscription cannot be listed.' 'ask for the role Reader on the subscription'
  [ -n "$found" ] || fail "no user-assigned identity of the subscription $SUBSCRIPTION has the client id $1." \
    'set SUBSCRIPTION to the one of the identity, correct clientID, or create an identity: akv-csi setup --identity NAME'
  IFS=$'\t' read -r IDENTITY IDENTITY_GROUP PRINCIPAL CLIENT <<<"$found"
  exists "identity $IDENTITY with the client id $CLIENT"
}

# identity_named NAME [OPTION…]: chooses the user-assigned identity of this name, which is created if it is missing.
identity_named() {
  local found query="[?name=='$1'].[name,resourceGroup,principalId,clientId]" verb=exists
  found=$(azure identity list --resource-group "$RESOURCE_GROUP" --query "$query") ||
    fail "the identities of the resource group $RESOURCE_GROUP cannot be listed." \
      "az group create --name $RESOURCE_GROUP --location REGION, or correct RESOURCE_GROUP"
  if [ -z "$found" ]; then
    azure identity create --name "$1" --resource-group "$RESOURCE_GROUP" "${@:2}" >/dev/null ||
      fail "the identity $1 cannot be created." 'ask for the role Managed Identity Contributor on the resource group'
    verb=created
    found=$(azure identity list --resource-group "$RESOURCE_GROUP" --query "$query") || found=''
    [ -n "$found" ] || fail "the new identity $1 cannot be found yet." 'wait a minute and run this script again'
  fi
  IFS=$'\t' read -r IDENTITY IDENTITY_GROUP PRINCIPAL CLIENT <<<"$found"
  "$verb" "identity $IDENTITY with the client id $CLIENT"
}

# federate CREDENTIAL SUBJECT AUDIENCE: lets pods whose tokens have this subject sign in as the identity.
federate() {
  local found query="[?issuer=='$ISSUER' && subject=='$2' && contains(audiences, '$3')].name"
  found=$(azure identity federated-credential list --identity-name "$IDENTITY" --resource-group "$IDENTITY_GROUP" \
    --query "$query") || fail "the federated credentials of $IDENTITY cannot be listed." 'see the message of az above'
  if [ -n "$found" ]; then
    exists "federated credential for $2"
    return
  fi
  azure identity federated-credential create --name "$1" --identity-name "$IDENTITY" --resource-group "$IDENTITY_GROUP" \
    --issuer "$ISSUER" --subject "$2" --audiences "$3" >/dev/null ||
    fail "the federated credential for $2 cannot be created." \
      'ask for the role Managed Identity Contributor on the identity; an identity has at most 20 federated credentials'
  azure identity federated-credential show --name "$1" --identity-name "$IDENTITY" --resource-group "$IDENTITY_GROUP" \
    --query subject >/dev/null || fail "the new federated credential $1 cannot be read." 'run this script again'
  created "federated credential for $2"
}

# vault NAME: chooses a vault.
vault() {
  local found
  VAULT=$1
  found=$(azure keyvault show --name "$1" --query '[[id,properties.enableRbacAuthorization]]') ||
    fail "the vault $1 cannot be read in the subscription $SUBSCRIPTION." \
      "correct keyvaultName, set SUBSCRIPTION, or az keyvault create --name $1 --resource-group GROUP --enable-rbac-authorization true"
  IFS=$'\t' read -r VAULT_ID VAULT_ROLES <<<"$found"
}

# allow COLLECTION ROLE PERMISSIONS PATH…: lets the identity read objects of the chosen vault: by the role, at the path of
# each object or '' for the whole vault, or by the permissions if the vault has access policies.
allow() {
  local path
  if ! [[ $VAULT_ROLES =~ ^[Tt]rue$ ]]; then
    permit "$1" "$3"
    return
  fi
  for path in "${@:4}"; do grant "$2" "$VAULT_ID$path"; done
}

grant() { # ROLE SCOPE
  local found query="[?principalId=='$PRINCIPAL' && roleDefinitionName=='$1'].id"
  found=$(azure role assignment list --scope "$2" --include-inherited --query "$query") ||
    fail "the role assignments of $2 cannot be listed." 'ask for the role Reader on the vault'
  if [ -n "$found" ]; then
    exists "role $1 on ${2##*/vaults/}"
    return
  fi
  # With the principal's type, because Azure may not know a new principal yet.
  azure role assignment create --role "$1" --assignee-object-id "$PRINCIPAL" --assignee-principal-type ServicePrincipal \
    --scope "$2" >/dev/null || fail "the role $1 on ${2##*/vaults/} cannot be assigned." \
    'ask for the role Role Based Access Control Administrator on the vault'
  found=$(azure role assignment list --scope "$2" --include-inherited --query "$query") || found=''
  [ -n "$found" ] || fail "the new role assignment on ${2##*/vaults/} cannot be found yet." \
    'wait a minute and run this script again'
  created "role $1 on ${2##*/vaults/}"
}

permit() { # COLLECTION PERMISSIONS
  local has permission missing=''
  has=$(azure keyvault show --name "$VAULT" \
    --query "properties.accessPolicies[?objectId=='$PRINCIPAL'].permissions.$1[]" | tr '[:upper:]' '[:lower:]') ||
    fail "the access policies of $VAULT cannot be read." 'see the message of az above'
  for permission in $2; do
    grep -qxE "$permission|all" <<<"$has" || missing=1
  done
  if [ -z "$missing" ]; then
    exists "access policy for $1 of $VAULT: $2"
    return
  fi
  # The command replaces the list, so the permissions that the identity has are in it again.
  # shellcheck disable=SC2046,SC2086
  azure keyvault set-policy --name "$VAULT" --object-id "$PRINCIPAL" \
    "--${1%s}-permissions" $(printf '%s\n' $has $2 | sort -u) >/dev/null ||
    fail "the access policy of $VAULT cannot be changed." 'ask for the role Key Vault Contributor on the vault'
  created "access policy for $1 of $VAULT: $2"
}

# client_of CLASS CLIENT: the class must name the identity's client id.
client_of() {
  [ "$2" = "$CLIENT" ] || printf '  set      clientID of %s to %s\n' "$1" "$CLIENT"
}
