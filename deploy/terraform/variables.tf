variable "name" {
  description = "The workload's name, from which the names of the identity, its federated credential and the SecretProviderClass are made."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{1,58}[a-z0-9])$", var.name))
    error_message = "The name must have 3 to 60 lower-case letters, digits and hyphens, and begin and end with none of the latter."
  }
}

variable "location" {
  description = "The Azure region of the new resources, such as westeurope."
  type        = string
}

variable "resource_group_name" {
  description = "The resource group of the identity and the vault. It must exist."
  type        = string
}

variable "oidc_issuer_url" {
  description = "The cluster's OIDC issuer, exactly as in its tokens, including the trailing slash. Not needed with aks_cluster."
  type        = string
  default     = null
}

variable "aks_cluster" {
  description = "An AKS cluster with its OIDC issuer enabled. The module reads the issuer from it."
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
  description = "The audience of the service-account token. The CSIDriver object's tokenRequests must contain the same audience."
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
  description = "Whether the module creates the vault. If not, it must exist in the resource group and use role-based access control."
  type        = bool
  default     = true
}

variable "objects" {
  description = "The objects that the pods mount: their names in the vault, and the types that the SecretProviderClass gives them."
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
  description = "object assigns the roles on each object, vault on the whole vault. An assignment on an object applies to all its versions, but ends with a purge."
  type        = string
  default     = "object"

  validation {
    condition     = contains(["object", "vault"], var.role_scope)
    error_message = "role_scope must be object or vault."
  }
}

variable "tags" {
  description = "The tags of the identity and the vault."
  type        = map(string)
  default     = {}
}
