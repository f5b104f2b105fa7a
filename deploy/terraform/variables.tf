variable "name" {
  description = "Of the workload: the names of the identity, its federated credential and the SecretProviderClass are made from it."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{1,58}[a-z0-9])$", var.name))
    error_message = "The name must have 3 to 60 lower-case letters, digits and hyphens, and begin and end with none of the latter."
  }
}

variable "location" {
  description = "The Azure region of what is made, such as westeurope."
  type        = string
}

variable "resource_group_name" {
  description = "The resource group, which must exist, of the identity and the vault."
  type        = string
}

variable "oidc_issuer_url" {
  description = "The cluster's OIDC issuer, letter by letter as its tokens have it, the slash at its end included. Not needed with aks_cluster."
  type        = string
  default     = null
}

variable "aks_cluster" {
  description = "An AKS cluster with its OIDC issuer enabled, which is asked for its issuer."
  type = object({
    name                = string
    resource_group_name = string
  })
  default = null
}

variable "namespace" {
  description = "The namespace of the pods."
  type        = string
}

variable "service_account" {
  description = "The service account that the pods run as."
  type        = string
}

variable "audience" {
  description = "Of the service-account token; the CSIDriver object's tokenRequests must ask for the same."
  type        = string
  default     = "api://AzureADTokenExchange"
}

variable "vault_name" {
  description = "The Key Vault's name, 3 to 24 letters, digits and hyphens."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z]([-a-zA-Z0-9]{1,22}[a-zA-Z0-9])$", var.vault_name)) && !strcontains(var.vault_name, "--")
    error_message = "A vault's name has 3 to 24 letters, digits and single hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "create_vault" {
  description = "Whether the vault is made. If not, it must exist in the resource group and use role-based access control."
  type        = bool
  default     = true
}

variable "objects" {
  description = "What the pods mount: names in the vault, each with the type that the SecretProviderClass gives it."
  type = list(object({
    name = string
    type = optional(string, "secret")
  }))

  validation {
    condition     = length(var.objects) > 0 && alltrue([for object in var.objects : contains(["secret", "key", "cert"], object.type)])
    error_message = "At least one object is needed, and each type must be secret, key or cert."
  }
}

variable "role_scope" {
  description = "object grants the roles on each object alone, vault on the whole vault. An assignment on an object outlives its versions, but not a purge."
  type        = string
  default     = "object"

  validation {
    condition     = contains(["object", "vault"], var.role_scope)
    error_message = "role_scope must be object or vault."
  }
}

variable "tags" {
  description = "Of the identity and the vault."
  type        = map(string)
  default     = {}
}
