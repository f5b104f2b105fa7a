# Everything that a workload needs in Azure to mount its secrets with its own identity, without a stored
# credential.

locals {
  issuer  = var.aks_cluster == null ? var.oidc_issuer_url : data.azurerm_kubernetes_cluster.this[0].oidc_issuer_url
  subject = "system:serviceaccount:${var.namespace}:${var.service_account}"
  vault   = var.create_vault ? azurerm_key_vault.this[0] : data.azurerm_key_vault.this[0]

  # The built-in role that reads an object of each type.
  roles = {
    secret = "Key Vault Secrets User"
    key    = "Key Vault Crypto User"
    cert   = "Key Vault Certificate User"
  }
  # The collection of the vault that contains objects of each type.
  collections = {
    secret = "secrets"
    key    = "keys"
    cert   = "certificates"
  }

  # The role assignments, with keys that do not change when objects are added.
  assignments = var.role_scope == "vault" ? {
    for type in distinct([for object in var.objects : object.type]) :
    type => { role = local.roles[type], scope = local.vault.id }
    } : {
    for object in distinct(var.objects) :
    "${local.collections[object.type]}/${object.name}" => {
      role  = local.roles[object.type]
      scope = "${local.vault.id}/${local.collections[object.type]}/${object.name}"
    }
  }
}

data "azurerm_client_config" "this" {}

data "azurerm_kubernetes_cluster" "this" {
  count               = var.aks_cluster == null ? 0 : 1
  name                = var.aks_cluster.name
  resource_group_name = var.aks_cluster.resource_group_name
}

data "azurerm_key_vault" "this" {
  count               = var.create_vault ? 0 : 1
  name                = var.vault_name
  resource_group_name = var.resource_group_name
}

resource "azurerm_user_assigned_identity" "this" {
  name                = "${var.name}-identity"
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

resource "azurerm_federated_identity_credential" "this" {
  name                = "${var.name}-federated"
  resource_group_name = var.resource_group_name
  parent_id           = azurerm_user_assigned_identity.this.id
  issuer              = local.issuer
  subject             = local.subject
  audience            = [var.audience]

  lifecycle {
    precondition {
      condition     = (var.aks_cluster == null) != (var.oidc_issuer_url == null)
      error_message = "Exactly one of oidc_issuer_url and aks_cluster is needed."
    }
    precondition {
      condition     = local.issuer != null && local.issuer != ""
      error_message = "The cluster has no OIDC issuer: az aks update --enable-oidc-issuer."
    }
  }
}

resource "azurerm_key_vault" "this" {
  count                      = var.create_vault ? 1 : 0
  name                       = var.vault_name
  location                   = var.location
  resource_group_name        = var.resource_group_name
  tenant_id                  = data.azurerm_client_config.this.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
  purge_protection_enabled   = true
  soft_delete_retention_days = 90
  tags                       = var.tags
}

resource "azurerm_role_assignment" "this" {
  for_each             = local.assignments
  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.this.principal_id
  # Otherwise Azure looks for the principal, which it may not know yet.
  principal_type = "ServicePrincipal"
}
