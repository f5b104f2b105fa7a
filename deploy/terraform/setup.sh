#!/usr/bin/env bash
# Creates the same as this directory's Terraform module with the Azure CLI: identity, federated credential, vault and
# roles. Can be run again. Prints the SecretProviderClass on standard output.
set -euo pipefail

usage() {
  cat >&2 <<'TEXT'
usage: setup.sh --name NAME --resource-group GROUP --location REGION --vault VAULT
                --namespace NAMESPACE --service-account ACCOUNT
                (--issuer URL | --aks CLUSTER [--aks-resource-group GROUP])
                [--audience AUDIENCE] [--role-scope object|vault] [--no-create-vault] OBJECT...

An OBJECT is NAME for a secret, key/NAME or cert/NAME. Needs an Azure CLI that is logged in.
TEXT
  exit 64
}

name='' group='' location='' vault='' namespace='' account='' issuer='' aks='' aks_group=''
audience=api://AzureADTokenExchange scope=object create_vault=true objects=()
while [ $# -gt 0 ]; do
  case $1 in
    --name) name=${2:?}; shift ;;
    --resource-group) group=${2:?}; shift ;;
    --location) location=${2:?}; shift ;;
    --vault) vault=${2:?}; shift ;;
    --namespace) namespace=${2:?}; shift ;;
    --service-account) account=${2:?}; shift ;;
    --issuer) issuer=${2:?}; shift ;;
    --aks) aks=${2:?}; shift ;;
    --aks-resource-group) aks_group=${2:?}; shift ;;
    --audience) audience=${2:?}; shift ;;
    --role-scope) scope=${2:?}; shift ;;
    --no-create-vault) create_vault=false ;;
    -*) usage ;;
    */*) objects+=("$1") ;;
    *) objects+=("secret/$1") ;;
  esac
  shift
done
for value in "$name" "$group" "$location" "$vault" "$namespace" "$account" "$issuer$aks"; do
  [ -n "$value" ] || usage
done
[ ${#objects[@]} -gt 0 ] || usage
if [ -n "$issuer" ] && [ -n "$aks" ]; then usage; fi
case $scope in object | vault) ;; *) usage ;; esac

role() {
  case $1 in
    secret) echo "Key Vault Secrets User" ;;
    key) echo "Key Vault Crypto User" ;;
    cert) echo "Key Vault Certificate User" ;;
    *) echo "an object is NAME, key/NAME or cert/NAME, not $2" >&2; exit 64 ;;
  esac
}
collection() {
  case $1 in secret) echo secrets ;; key) echo keys ;; cert) echo certificates ;; esac
}
for object in "${objects[@]}"; do role "${object%%/*}" "$object" >/dev/null; done

if [ -n "$aks" ]; then
  issuer=$(az aks show --name "$aks" --resource-group "${aks_group:-$group}" \
    --query oidcIssuerProfile.issuerUrl --output tsv)
  [ -n "$issuer" ] || { echo "$aks has no OIDC issuer: az aks update --enable-oidc-issuer" >&2; exit 1; }
fi

echo "identity $name-identity" >&2
az identity create --name "$name-identity" --resource-group "$group" --location "$location" --output none
read_identity() { az identity show --name "$name-identity" --resource-group "$group" --query "$1" --output tsv; }
client_id=$(read_identity clientId)
principal_id=$(read_identity principalId)
tenant_id=$(read_identity tenantId)

subject="system:serviceaccount:$namespace:$account"
echo "federated credential $name-federated for $subject" >&2
az identity federated-credential create --name "$name-federated" --identity-name "$name-identity" \
  --resource-group "$group" --issuer "$issuer" --subject "$subject" --audiences "$audience" --output none

if $create_vault && ! az keyvault show --name "$vault" --resource-group "$group" --output none 2>/dev/null; then
  echo "vault $vault" >&2
  az keyvault create --name "$vault" --resource-group "$group" --location "$location" --sku standard \
    --enable-rbac-authorization true --enable-purge-protection true --retention-days 90 --output none
fi
vault_id=$(az keyvault show --name "$vault" --resource-group "$group" --query id --output tsv)

grant() {
  echo "role $1 on ${2#"$vault_id"}" >&2
  # With the type of the principal. Without it, Azure looks for the principal, which it may not know yet.
  az role assignment create --role "$1" --scope "$2" --assignee-object-id "$principal_id" \
    --assignee-principal-type ServicePrincipal --output none
}
if [ "$scope" = vault ]; then
  for type in $(printf '%s\n' "${objects[@]%%/*}" | sort -u); do grant "$(role "$type" "$type")" "$vault_id"; done
else
  for object in "${objects[@]}"; do
    type=${object%%/*}
    grant "$(role "$type" "$object")" "$vault_id/$(collection "$type")/${object#*/}"
  done
fi

cat <<YAML
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: $name-keyvault
  namespace: $namespace
spec:
  provider: azure
  parameters:
    clientID: "$client_id"
    keyvaultName: "$vault"
    tenantID: "$tenant_id"
    objects: |
      array:
YAML
for object in "${objects[@]}"; do
  cat <<YAML
        - |
          objectName: ${object#*/}
          objectType: ${object%%/*}
YAML
done
