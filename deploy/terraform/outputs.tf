output "client_id" {
  description = "The identity's client id: clientID of the SecretProviderClass."
  value       = azurerm_user_assigned_identity.this.client_id
}

output "tenant_id" {
  description = "The tenant: tenantID of the SecretProviderClass."
  value       = azurerm_user_assigned_identity.this.tenant_id
}

output "vault_name" {
  description = "The vault: keyvaultName of the SecretProviderClass."
  value       = local.vault.name
}

output "vault_uri" {
  description = "The vault's URL."
  value       = local.vault.vault_uri
}

output "subject" {
  description = "The subject of the service account that may use the identity."
  value       = local.subject
}

output "secret_provider_class" {
  description = "The SecretProviderClass: terraform output -raw secret_provider_class | kubectl apply -f -"
  value = templatefile("${path.module}/secretproviderclass.yaml.tftpl", {
    name       = "${var.name}-keyvault"
    namespace  = var.namespace
    client_id  = azurerm_user_assigned_identity.this.client_id
    tenant_id  = azurerm_user_assigned_identity.this.tenant_id
    vault_name = local.vault.name
    objects    = var.objects
  })
}
